-- Requests as a browser behind a shop would send them (about 500 bytes of headers), and the result as one JSON line.
-- Usage: wrk -s wrk.lua http://ADDRESS/ -- METHOD PATH [BODY_FILE CONTENT_TYPE]
local headers = {
  ["Host"] = "shop.example.com",
  ["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
  ["Accept"] = "application/json, text/plain, */*",
  ["Accept-Language"] = "en-US,en;q=0.9,de;q=0.7",
  ["Accept-Encoding"] = "gzip, deflate, br",
  ["Authorization"] = "Bearer 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
  ["Cookie"] = "session=4f9d2b7ce1a04bd08f5ce6d2a1b3c4d5; theme=dark; locale=en",
  ["Referer"] = "https://shop.example.com/products/list",
}
local formatted

function init(arguments)
  local method, path, file = arguments[1], arguments[2], arguments[3]
  local body = nil
  if file then
    body = assert(io.open(file, "rb")):read("*a")
    headers["Content-Type"] = arguments[4]
  end
  formatted = wrk.format(method, path, headers, body)
end

function request()
  return formatted
end

-- Runs once, in wrk's main thread. Durations and latencies are microseconds.
function done(summary, latency, _)
  local e = summary.errors
  io.write(string.format(
    'RESULT {"requests":%d,"duration_us":%d,"bytes":%d,"errors":%d,"bad_status":%d,"p50_us":%d,"p99_us":%d}\n',
    summary.requests, summary.duration, summary.bytes, e.connect + e.read + e.write + e.timeout, e.status,
    latency:percentile(50), latency:percentile(99)))
end
