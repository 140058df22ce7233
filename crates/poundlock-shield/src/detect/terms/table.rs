//! The names, by what they say.
//!
//! Names are separated by white space; `~` stands for a space in a name.

use super::{Need, Term};
use crate::class::Class::{
    self, Code, Command, Crlf, Lookup, Nosql, Scanner, Ssrf, Template, Traversal, Xxe,
};
use std::sync::LazyLock;

type Group = (Class, &'static str, u8, Need, &'static str);

const GROUPS: &[Group] = &[
    (
        Code,
        "php-call",
        10,
        Need::Code,
        r##"
            system exec shell_exec passthru popen proc_open pcntl_exec assert eval base64_decode
            file_get_contents file_put_contents readfile include_once require_once call_user_func
            call_user_func_array preg_replace unserialize gzinflate str_rot13 fsockopen ini_set putenv usort
            uasort uksort ob_start highlight_file show_source var_dump parse_str scandir unlink hex2bin
            curl_exec curl_init pfsockopen
        "##,
    ),
    (
        Code,
        "php-common",
        7,
        Need::Code,
        r##"
            fread file readdir rename copy chmod mkdir rmdir touch tmpfile symlink link header setcookie
            define constant filter_var extract sprintf printf strrev implode explode die echo chr print_r
            mail fwrite fputs getenv dl glob opendir array_map array_filter array_walk include require
            error_log fopen
        "##,
    ),
    (
        Code,
        "php-function",
        10,
        Need::Call,
        r##"
            phpinfo create_function move_uploaded_file register_shutdown_function proc_terminate
            posix_getpwuid posix_kill posix_setuid pcntl_fork pcntl_alarm php_uname get_defined_vars
            get_loaded_extensions getcwd getmyuid get_current_user apache_setenv apache_note
            apache_child_terminate session_start ftp_connect ftp_put mysql_connect mysqli_query mysql_query
            pg_query pg_connect sqlite_query odbc_exec mb_ereg_replace str_replace array_diff_uassoc
            array_udiff iptcembed php_strip_whitespace gzopen gzfile readgzfile bzopen convert_uuencode
            is_callable function_exists debug_backtrace error_reporting set_error_handler
            spl_autoload_register stream_get_contents stream_context_create simplexml_load_file
            simplexml_load_string file_exists lcfirst ucwords strtr substr_compare assert_options
            ignore_user_abort set_time_limit escapeshellcmd escapeshellarg move_uploaded copy_file
            openssl_decrypt zend_version json_decode ctype_digit
        "##,
    ),
    (
        Code,
        "php-variable",
        10,
        Need::Start,
        r##"
            $_get $_post $_request $_server $_cookie $_files $_session $_env $globals $http_raw_post_data
            $php_self ${_get ${_post ${_request
        "##,
    ),
    (
        Code,
        "php-tag",
        10,
        Need::Any,
        r##"
            <?php <?= [php] [/php] <?~php <?~echo
        "##,
    ),
    (
        Code,
        "java",
        10,
        Need::Any,
        r##"
            java.lang.runtime java.lang.processbuilder getruntime ysoserial class.classloader
            class.module.classloader class['classloader javax.script org.apache.commons.collections
            java.beans.xmldecoder invokertransformer jdbcrowset com.sun.rowset #_memberaccess @ognl
            @java.lang xwork.methodaccessor denymethodexecution t(java. t(org. nashorn templatesimpl
            javax.naming initialcontext fromname('java forname('java forname("java scriptenginemanager
            java.net.urlclassloader class.protectiondomain .getclass(). bcel.internal java.lang.classloader
            freemarker.template.utility objectinputstream unmarshaller runtime.exec
        "##,
    ),
    (
        Code,
        "java-name",
        7,
        Need::Any,
        r##"
            java.lang. java.io. java.util. java.net. processbuilder javax. com.opensymphony com.sun.
            org.springframework org.apache. org.omg. java.sql
        "##,
    ),
    (
        Code,
        "gadget",
        7,
        Need::Any,
        r##"
            forclosure clonetransformer instantiatefactory instantiatetransformer prototypeclonefactory
            prototypeserializationfactory whileclosure xmldecoder runtime.getproperty
        "##,
    ),
    (
        Code,
        "script-word",
        7,
        Need::Start,
        r##"
            process[ require[ console.info console.debug while( import( reflect.apply reflect.get @{[
            (function(){ function(){ global[ module.exports new~proxy( sh.exec(
        "##,
    ),
    (
        Xxe,
        "schema",
        7,
        Need::Any,
        r##"
            schemalocation= !entity
        "##,
    ),
    (
        Ssrf,
        "inside",
        10,
        Need::Any,
        r##"
            host.containers.internal host.docker.internal kubernetes.default .svc.cluster.local
        "##,
    ),
    (
        Traversal,
        "file",
        7,
        Need::File,
        r##"
            sys/class proc/sys debug.log error.log errors.log .docker/ .continue/ .aider .cline/ .plandex/
            .n8n/ .claude/ .cursor/ .sql.zip .sql.gz .sql.bak
        "##,
    ),
    (
        Code,
        "serialized",
        10,
        Need::Start,
        r##"
            ro0ab kztaau cs7q aaeaaad/////
        "##,
    ),
    (
        Code,
        "serialized",
        10,
        Need::Any,
        r##"
            aced0005 %c2%ac%c3%ad%00%05 _$$nd_func$$_ !!javax !!python/ !ruby/object !!js/function
        "##,
    ),
    (
        Code,
        "node",
        10,
        Need::Any,
        r##"
            child_process process.mainmodule process.binding global.process
            process.env. this.constructor.constructor mainmodule.require globalthis.process
            node:child_process
        "##,
    ),
    (
        Code,
        "node-call",
        10,
        Need::Call,
        r##"
            spawnsync execsync process.exit process.kill process.cwd process.dlopen execfilesync
        "##,
    ),
    (
        Code,
        "prototype",
        10,
        Need::Any,
        r##"
            __proto__ :constructor:constructor resolved_model :module:prototype constructor[prototype]
            constructor.prototype
        "##,
    ),
    (
        Code,
        "python",
        10,
        Need::Any,
        r##"
            __import__ os.system os.popen __subclasses__ __mro__ __globals__ __builtins__ __class__
            pickle.loads subprocess.popen subprocess.call subprocess.check_output importlib.import_module
            __init__.__ __bases__ __reduce__
        "##,
    ),
    (
        Code,
        "ruby",
        10,
        Need::Any,
        r##"
            kernel.exec kernel.system kernel.open io.popen process.spawn .constantize erb.new open3.capture
            .instance_eval .class_eval marshal.load file.open( %x( file.read( io.read( kernel.fork
        "##,
    ),
    (
        Code,
        "perl",
        10,
        Need::Any,
        r##"
            @{[system @{[exec @{~[ @{~~[ @{~~~[ @{~~~~[
        "##,
    ),
    (
        Command,
        "mark",
        10,
        Need::Any,
        r##"
            ${ifs $ifs /dev/tcp/ /dev/udp/ ()~{~: ()~{: (){: (){~: %comspec% cmd~/c cmd.exe~/c powershell~-e
            powershell~-c powershell~-nop powershell.exe base64~-d -oproxycommand <!--#exec <!--#include
            <!--#echo <!--#printenv
        "##,
    ),
    (
        Command,
        "mark-word",
        7,
        Need::Any,
        r##"
            cmd.exe 2>&1 >/dev/null >&~/dev/
        "##,
    ),
    (
        Command,
        "shell",
        7,
        Need::End,
        r##"
            /bin/sh /bin/bash /bin/zsh /bin/ksh |sh |bash
        "##,
    ),
    (
        Template,
        "object",
        10,
        Need::Any,
        r##"
            self._tablelist lipsum.__ cycler.__ joiner.__ request.application|attr attr('__ |attr("__
            freemarker.template smarty.template_object smarty.version _self.env self.template twig.env {php}
            {{config {{self {{request {{settings {{constructor {{app. {{_self {{dump( {{lipsum {{cycler
            {{url_for {{get_flashed {{''. {{"". {{[]. {{$on {{this. {{#with {{range( {{$eval {{toString
            {{'a'.constructor #set($ #foreach( $class.inspect $class.forname #evaluate( <#assign ?new() __${
            *{t( ${t( #{t( %{# %{(# ${# ${@ #{@ $\a{ ${{ th:text th:utext <!--#exec <!--#include
        "##,
    ),
    (
        Lookup,
        "lookup",
        10,
        Need::Any,
        r##"
            ${jndi ${lower: ${upper: ${env: ${sys: ${::- ${:: ${date: ${java: ${ctx: ${main: ${bundle:
            ${log4j: ${web: ${docker: ${k8s: ${marker: ${${ jndi:ldap jndi:rmi jndi:dns jndi:iiop jndi:corba
            jndi:nis jndi:nds jndi:http ${script: ${base64: ${dns: ${url: ${base64decoder: ${const: ${file: ${j${
            ${jn${ ${jnd${ $%7bjndi
        "##,
    ),
    (
        Nosql,
        "operator",
        10,
        Need::Any,
        r##"
            [$ne] [$gt] [$lt] [$gte] [$lte] [$regex] [$where] [$in] [$nin] [$or] [$and] [$not] [$exists]
            [$eq] [$size] [$all] [$type] [$elemmatch] [$func] [$nor] [$expr] [$text] [$mod]
        "##,
    ),
    (
        Nosql,
        "script",
        10,
        Need::Any,
        r##"
            this.password this.username.match this.passwd db.getcollectionnames db.collection db.users
            ||this. &&this. tojsononeline( db.injection.insert db.version( db.stores. mapreduce(function
        "##,
    ),
    (
        // Two characters whose last bytes are a line break.
        Crlf,
        "wide-break",
        10,
        Need::Any,
        "\u{560a}\u{560d}",
    ),
    (
        Xxe,
        "entity",
        10,
        Need::Any,
        r##"
            <!entity
        "##,
    ),
    (
        Xxe,
        "include",
        10,
        Need::Any,
        r##"
            xi:include http://www.w3.org/2001/xinclude xmlns:xi= xsl:include ?xml-external document('file
            document("file xsi:schemalocation="http://x
        "##,
    ),
    (
        Ssrf,
        "metadata",
        10,
        Need::Any,
        r##"
            169.254.169.254 metadata.google.internal 100.100.100.200 169.254.170.2 [fd00:ec2::254]
            0xa9fea9fe 2852039166 instance-data/latest 192.0.0.192 metadata.tencentyun /latest/meta-data
        "##,
    ),
    (
        Ssrf,
        "callback",
        10,
        Need::Any,
        r##"
            burpcollaborator oastify.com interact.sh dnslog.cn ceye.io .oast. requestbin webhook.site
            canarytokens collaborator-subdomain xip.io localtest.me lvh.me nip.io sslip.io bxss.me dnslog.
            .r87.me
        "##,
    ),
    (
        Code,
        "python-name",
        7,
        Need::Any,
        r##"
            os.environ os.path sys.modules
        "##,
    ),
    (
        Ssrf,
        "scheme",
        7,
        Need::Start,
        r##"
            gopher:// dict:// ldap:// ldaps:// tftp:// sftp:// netdoc:// redis:// smb:// rmi://
        "##,
    ),
    (
        Traversal,
        "file",
        10,
        Need::File,
        r##"
            etc/passwd etc\passwd etc/shadow etc\shadow etc/group etc\group etc/hosts etc\hosts etc/issue
            etc\issue etc/sudoers etc\sudoers etc/hostname etc\hostname etc/crontab etc\crontab etc/ssh/
            etc\ssh\ etc/mysql etc\mysql proc/self/ proc\self\ proc/version proc\version proc/cpuinfo
            proc\cpuinfo proc/net/ proc\net\ win.ini boot.ini windows/system32 windows\system32
            winnt/system32 winnt\system32 system32/drivers system32\drivers system32/config system32\config
            windows/repair windows\repair web-inf/ web-inf\ wp-config.php .htaccess .htpasswd .htdigest
            .ssh/ .ssh\ .aws/ .aws\ .bash_history .mysql_history docker.sock .pgpass .kube/config
            .kube\config .docker/config .docker\config var/run/secrets var\run\secrets
        "##,
    ),
    (
        Traversal,
        "file",
        7,
        Need::File,
        r##"
            etc/fstab etc\fstab etc/motd etc\motd etc/apache2/ etc\apache2\ etc/apache etc\apache etc/httpd etc\httpd etc/nginx
            etc\nginx etc/php etc\php autoexec.bat meta-inf/ meta-inf\ web.config .git/ .git\ .svn/ .svn\
            .hg/ .hg\ .env id_rsa .bashrc var/log/ var\log\ config.inc.php my.cnf php.ini httpd.conf apache2.conf nginx.conf server.xml applicationhost.config .npmrc
            sam.bak ntuser.dat .ds_store global.asa
        "##,
    ),
    (
        Traversal,
        "file",
        4,
        Need::File,
        r##"
            .profile access_log
        "##,
    ),
    (
        Scanner,
        "agent",
        10,
        Need::Header,
        r##"
            sqlmap nikto nessus openvas w3af dirbuster gobuster wfuzz fuzz~faster ffuf/ nuclei masscan zgrab
            havij arachni acunetix wpscan joomscan whatweb hydra metasploit netsparker appscan skipfish
            jaeles commix xsser feroxbuster dirsearch grabber nmap~scripting zmeu morfeus brutus webinspect
            paros qualys websecurity burpcollab jorgee sqlninja sqlsus vega/ bsqlbf absinthe fimap
            grendel-scan n-stealth pangolin dav.pm webshag whcc/ cgichk gootkit autogetcontent
            prog.customcrawler f-secure.radar inspath sysscan springenwerk core-project mysqloit
            toata~dragostea uil2pn cisco-torch detectify rapid7 sn1per interactsh l9explore katana l9tcpid
        "##,
    ),
];

/// All names, one a row.
pub(in crate::detect) static TERMS: LazyLock<Vec<Term>> = LazyLock::new(|| {
    let rows = GROUPS.iter().flat_map(|(class, rule, score, need, names)| {
        let names = names.split_whitespace().map(|name| name.replace('~', " "));
        names.map(|text| Term { text, class: *class, rule, score: *score, need: *need })
    });
    rows.collect()
});
