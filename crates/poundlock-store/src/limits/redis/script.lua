-- Decides a batch of requests, one after the other, each all or nothing.
-- Numbers travel as little-endian doubles: whole microseconds and amounts are exact below 2^53.
--
-- KEYS     the budgets, each once.
-- ARGV[1]  now in microseconds, or '' for the server's clock.
-- ARGV[2]  per request: the number of its charges, or 0 for one adjustment; then per charge six numbers:
--            rate    key, interval, span, share, cost, want    pre-pay up to `want` more tokens, at most 1/share
--            quota  -key, start, end, total, cost, 0           of what is left (share 0: none)
-- Returns  now; then per request: 1 if admitted, else 0; per charge what was found, and tokens that were pre-paid:
--            rate    arrival time, tokens;    quota    start, amount
-- Values   "arrival time:interval" of a rate, "start:amount" of a quota.

local get, put, floor, ceil = struct.unpack, struct.pack, math.floor, math.ceil
local EXACT = 9007199254740991
local QUOTA_SLACK = 60000

local now, slack
if ARGV[1] == '' then
  local time = redis.call('TIME')
  now, slack = time[1] * 1000000 + time[2], 0
else
  now, slack = tonumber(ARGV[1]), 86400000
end

local stored = redis.call('MGET', unpack(KEYS))
local first, second, expiry, dirty = {}, {}, {}, {}

-- Another type than a string reads as nothing; what cannot be read counts as nothing.
local function load(k)
  local a, b
  if stored[k] then a, b = string.match(stored[k], '^(%d+):(%d+)$') end
  first[k], second[k] = tonumber(a) or 0, tonumber(b) or 0
end

local function keep(k, a, b, ttl)
  if not expiry[k] then dirty[#dirty + 1] = k end
  first[k], second[k] = a, b
  expiry[k] = ttl or expiry[k] or 'KEEPTTL'
end

-- Microseconds until the bucket is full. What was spent under another interval is the same number of tokens now.
local function debt_of(k, interval, span)
  local debt, before = first[k] - now, second[k]
  if debt < 0 then debt = 0 end
  if before ~= interval and before > 0 then
    local tokens = floor(debt / before)
    debt = tokens * interval + floor((debt - tokens * before) * interval / before)
  end
  -- Written under a larger burst, or by a clock that has been set back: an empty bucket, from now on.
  if debt > span then
    debt = span
    keep(k, now + debt, interval, ceil(debt / 1000) + 1)
  end
  first[k], second[k] = now + debt, interval
  return debt
end

local out, blob, pos, size = { put('<d', now) }, ARGV[2], 1, #ARGV[2]
local keys, one, two, ttl = {}, {}, {}, {}
while pos <= size do
  local count, admitted, verdict = nil, 1, #out + 1
  count, pos = get('<d', blob, pos)
  local adjusting = count == 0
  if adjusting then count = 1 end
  out[verdict] = ''
  for c = 1, count do
    local k, a, b, limit, cost, want
    k, a, b, limit, cost, want, pos = get('<dddddd', blob, pos)
    local rate = k > 0
    if not rate then k = -k end
    if not first[k] then load(k) end
    local found, prepaid
    if rate then
      local debt = debt_of(k, a, b)
      local after = debt + cost * a
      found, prepaid = now + debt, 0
      if adjusting then
        if after < 0 then after = 0 elseif after > b then after = b end
      elseif cost > 0 and after > b then
        admitted = 0
      elseif limit > 0 then
        prepaid = math.min(want, floor(floor((b - after) / a) / limit))
        after = after + prepaid * a
      end
      one[c], two[c], ttl[c] = now + after, a, ceil(after / 1000) + 1
    else
      local start, used = first[k], second[k]
      -- A later period stands: it is another node whose clock is ahead, and its expiry is kept.
      ttl[c] = nil
      if start < a then start, used = a, 0 end
      if start == a then ttl[c] = math.max(ceil((b - now) / 1000), 0) + QUOTA_SLACK end
      local after = used
      if not adjusting then
        if cost > 0 and cost > limit - used then admitted = 0 end
        after = used + cost
      elseif cost > 0 or start == a then
        after = math.min(math.max(used + cost, 0), EXACT)
      end
      found, prepaid = start, used
      one[c], two[c] = start, after
      if after == used then one[c], two[c] = first[k], second[k] end
    end
    keys[c] = k
    out[#out + 1] = put('<dd', found, prepaid)
  end
  out[verdict] = put('<d', admitted)
  if admitted == 1 then
    for c = 1, count do
      local k = keys[c]
      if one[c] ~= first[k] or two[c] ~= second[k] then keep(k, one[c], two[c], ttl[c]) end
    end
  end
end

for i = 1, #dirty do
  local k = dirty[i]
  local value = string.format('%.0f:%.0f', first[k], second[k])
  if expiry[k] == 'KEEPTTL' then
    redis.call('SET', KEYS[k], value, 'KEEPTTL')
  else
    redis.call('SET', KEYS[k], value, 'PX', expiry[k] + slack)
  end
end
return table.concat(out)
