//! SQL, script, LDAP, document databases, header and mail injection.

use super::{INPUTS, Put, VALUES, check};

#[test]
fn sql_is_found_in_every_place() {
    check(
        "sqli",
        VALUES,
        1,
        &[
            "' or 3=3 -- ",
            "\" or \"\"=\"",
            "x') or ('b'='b",
            "12 or 4>3",
            "8 and 5 between 1 and 9",
            "-3 union select 1,user(),3",
            "1 union all select null,null,card from orders#",
            "4'union/**/select/**/1,2,3--+",
            "9);delete from sessions where 1=1--",
            "7;insert into admins values('x','y')",
            "';update users set role='root' where id=1--",
            "1 and sleep(7)",
            "1' and benchmark(9000000,md5('z'))#",
            "1;waitfor delay '0:0:9'--",
            "1 or pg_sleep(8)--",
            "x' and (select count(*) from accounts)>3 -- ",
            "(select load_file('/etc/hosts'))",
            "1 and extractvalue(1,concat(0x7e,version()))",
            "1 and updatexml(1,concat(0x7e,(select user())),1)",
            "1 procedure analyse(1,1)",
            "1' order by 7-- -",
            "x' group by name having 1=1--",
            "1 into outfile '/tmp/x'",
            "x';exec master..xp_cmdshell 'dir'--",
            "5 rlike (select (case when (2=2) then 5 else 0x28 end))",
            "1 and ascii(substring((select pass from users limit 1),1,1))>64",
            "if(8=8,sleep(4),0)",
            "1||(select table_name from all_tables where rownum=1)",
            "admin'/*",
            "admin' #",
            "0x31 or 1=1",
            "1 and 1=convert(int,(select @@version))",
            "z' or name is not null or 'a'='b",
            "1' and 1 in (select min(pw) from t) -- ",
            "a' || 'b' = 'ab' -- ",
            "1' AND JSON_EXTRACT('{\"a\":1}','$.a')=1 -- ",
            "' or match name against ('x' in boolean mode) -- ",
            "5', 9),(7,8,(select pw from users)) -- ",
            "q' or current_date -- ",
            "|| 7==7",
            "7 or b = b",
            "'||utl_http.request('http://h.example')||'",
        ],
    );
}

#[test]
fn sql_is_found_in_paths_and_names() {
    check(
        "sqli",
        &[Put::Path, Put::Name],
        1,
        &[
            "1' or 3=3 -- ",
            "-3 union select 1,user(),3",
            "9);delete from sessions where 1=1--",
            "1 and sleep(7)",
            "x' and (select count(*) from accounts)>3 -- ",
        ],
    );
}

#[test]
fn script_is_found_in_every_place() {
    check(
        "xss",
        VALUES,
        1,
        &[
            "<script>f(9)</script>",
            "<ScRiPt src=//h.example/x></ScRiPt>",
            "<img src=q onerror=f()>",
            "<svg><animate onbegin=f() attributeName=x dur=1s>",
            "<details open ontoggle=f()>",
            "<video><source onerror=\"f()\">",
            "<body onpageshow=f()>",
            "<input autofocus onfocus=f()>",
            "<a href=\"javascript:f()\">go</a>",
            "<iframe src=\"data:text/html,<script>f()</script>\">",
            "<form action=javascript:f()><button>go</button></form>",
            "<math><mi xlink:href=\"javascript:f()\">q</mi></math>",
            "<object data=\"data:text/html;base64,PHNjcmlwdD4=\"></object>",
            "<embed src=//h.example/x.swf>",
            "<base href=//h.example/>",
            "<meta http-equiv=refresh content=\"0;url=javascript:f()\">",
            "<link rel=stylesheet href=//h.example/x.css>",
            "<style>@import '//h.example/x.css';</style>",
            "<div style=\"width:expression(f())\">",
            "\" autofocus onfocus=f() x=\"",
            "' onmouseover='f()",
            "javascript:alert(3)",
            "';alert(3);'",
            "\"-confirm`3`-\"",
            "</script><script>f()</script>",
            "<svg/onload=f()>",
            "<x onclick=f()>q",
            "<marquee onstart=f()>",
            "top['al'+'ert'](3)",
            "self[/*x*/'prompt'](3)",
            "[].constructor.constructor('f()')()",
            "[].find.call`${prompt}3`",
            "<isindex action=javascript:f() type=image>",
        ],
    );
}

#[test]
fn operators_of_document_databases_are_found() {
    check(
        "nosql",
        INPUTS,
        1,
        &[
            "{\"$ne\": null}",
            "{\"$gt\": \"\"}",
            "{\"a\": {\"$regex\": \"^a\"}}",
            "{\"$where\": \"1\"}",
            "{\"$or\": [{}, {\"a\": 1}]}",
            "$where: '7 == 7'",
        ],
    );
    check(
        "nosql",
        &[Put::Name, Put::Query],
        1,
        &["user[$ne]", "pw[$gt]", "a[$regex]", "x[$exists]", "q[$in][]", "f[$nin][0]", "login[$where]"],
    );
    check("nosql", INPUTS, 1, &["';return this.password=='x", "a' || this.password.match(/^a/)//"]);
}

#[test]
fn ldap_filters_are_found() {
    check(
        "ldap",
        VALUES,
        1,
        &[
            "*)(cn=*",
            "*)(objectClass=*",
            "admin)(&)",
            "admin)(!(&(1=0)",
            "x*)(|(mail=*))",
            "*)(uid=*))(|(uid=*",
            "a)(|(password=*)",
            "*))(|(cn=*",
            "q)(userPassword=*)",
            "*(|(mail=*))",
            "*(&(uid=*)",
        ],
    );
}

#[test]
fn split_headers_are_found() {
    check(
        "crlf",
        &[Put::Query, Put::Form, Put::Cookie],
        1,
        &[
            "a\r\nSet-Cookie: k=v",
            "a\nLocation: http://h.example/",
            "a\r\nHTTP/1.1 200 OK",
            "a\rSet-Cookie: k=v",
            "/p\r\n\tSet-Cookie: k=v",
            "a\u{560a}\u{560d}Set-Cookie: k=v",
        ],
    );
    check("crlf", &[Put::Path], 1, &["a\r\nSet-Cookie: k=v", "a\r\nContent-Type: text/html"]);
}

#[test]
fn mail_headers_and_commands_are_found() {
    check(
        "mail",
        &[Put::Query, Put::Form, Put::Json],
        1,
        &[
            "a@h.example\nBcc: b@h.example",
            "a@h.example\r\nCc: b@h.example",
            "a@h.example\r\nbcc:b@h.example,c@h.example",
            "a\r\nMAIL FROM:<x@h.example>",
            "a\r\nRCPT TO:<x@h.example>",
            "\r\nEHLO h.example\r\n",
        ],
    );
    check(
        "mail",
        &[Put::Query, Put::Form],
        2,
        &["x\r\nA1 LOGOUT", "x\r\nQUIT", "\r\nRETR 9", "x\r\na7 fetch 1 body"],
    );
}
