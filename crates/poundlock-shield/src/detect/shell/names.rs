//! Names of commands, by what else they are.
//!
//! Main item: [`COMMANDS`]. Sources: GTFOBins and LOLBAS, the manuals of coreutils, util-linux and Windows.

use std::{collections::HashMap, sync::LazyLock};

use super::command::Kind;

/// Commands whose names are no words of any language.
const TOOLS: &str = "
    7z add-type adduser ansible ansible-config ansible-console ansible-doc ansible-galaxy
    ansible-inventory ansible-playbook ansible-pull ansible-vault apk apt-get aptitude aria2c awk base64
    bcdboot bcdedit bitsadmin bsdcat bsdtar bunzip2 busybox bzcat bzless c89 c99 capsh certreq certutil
    chef-client chef-run chef-shell chef-solo chef-vault chmod chown chpasswd chroot cipher cmdkey cmstp
    cpulimit crictl crontab csc cscli cscript csh csvde ctr curlie deluser diskpart diskshadow dmesg
    dnscmd doas doskey dpkg driverquery dsadd dsquery egrep elinks esentutl eventcreate extrac32 faillog
    fdisk findstr fltmc forfiles fsutil gawk gcc get-childitem get-ciminstance get-content get-process
    get-service get-wmiobject getent getmac ghc gnupg gpg gpresult gpupdate groupadd groups gtester
    gunzip hexdump hh.exe htop httpie icacls ieexec iex ifconfig ifdown ifup ilasm infdefaultinstall
    insmod installutil invoke-command invoke-expression invoke-restmethod invoke-webrequest ionice
    ip6tables ipconfig ipcs iptables irb iwr jjs journalctl jrunscript jsc klist ksetup ksh lastlog
    ld.so ldd ldifde links2 ls lsmod lsof lspci ltrace lua5 luajit lwp-download lwp-request makecab
    mavinject mawk mkdir mkfifo mkfs mknod mmc modprobe mofcomp mongo mongodump msbuild msconfig msdt
    msgfilter mshta msiexec mysqladmin mysqldump mysqlshow nawk nbtstat ncat nerdctl netcat netdom netsh
    netstat new-object nft nltest nmap nohup nslookup ntdsutil objdump odbcconf parted pathping pcalua
    pcwrun ping6 pkexec pnputil powercfg powershell presentationhost printenv psexec psr pwsh qprocess
    quser qwinsta rasautou readelf redis-cli regasm regedit regini regsvcs regsvr32 rlwrap rmdir rmmod
    rmt robocopy rpcping rsync ruby runas runc rundll32 runonce runuser rustc rwinsta schtasks scp
    scriptrunner secedit set-executionpolicy set-mppreference setarch setsid setx sfc sftp shutdown.exe
    socat sqlite3 ssh-keygen ssh-keyscan sshpass start-bitstransfer start-process stdbuf subst
    syncappvpublishingserver sysctl systemctl systeminfo takeown taskkill tasklist taskset tclsh tcpdump
    tput traceroute tracerpt tracert tsshutdn tzutil uname unshare unxz unzip useradd userdel usermod
    visudo vssadmin w3m wbadmin wecutil wevtutil wget wget2 whereis whoami winrm winrs wish wmic wscript
    wsl xargs xcopy xwizard xxd xzcat zcat zdiff zgrep zless zmore zsh zstdcat
";

/// Commands whose names are words or abbreviations that texts have now and then.
const STRONG: &str = "
    7za 7zr aa-exec agetty anacron apt arj arp attrib axel base32 basename basenc bash blkid bridge
    bzip2 cat cc chage chfn choom chsh cksum clang cmd cmp cobc cp cpan cpio curl dash dd del df dig dir
    dirname dmidecode dmsetup dnf dosbox du ed emacs env ettercap finger flock ftp g++ gdb getfacl ginsh
    grep gzip hostname hping3 iconv id iostat ipcrm joe jq killall ld ldapsearch lftp ll ln locale
    loginctl logsave lsblk lsusb lynx md5sum mosquitto mpstat msgattrib msgcat msgconv mtr mv nano nc
    ncftp net nl nmblookup nmcli nroff od openssl passwd perf perl pgrep php pico pidof pidstat ping
    pkill pry ps pwd python python2 python3 rcp readlink realpath reg renice restic rexec rlogin rm
    rpcclient rpm rsh run-parts rview rvim scrot sed setfacl sh sha1sum sha256sum shuf sleep smbclient
    snmpwalk sqlmap ss ssh start-stop-daemon strace su sudo systemd-run tac tar tcc tee telnet tftp
    timeout tracepath traceroute6 troff tshark uniq unsquashfs update-alternatives uptime uudecode
    uuencode vagrant valgrind vi vim virsh vmstat wc whois xdotool xelatex xz yum zip zsoelim
";

/// Commands whose names are words of English, or of everybody who builds programs.
const ENGLISH: &str = "
    alias ant assoc at bg builtin bun bundle call cargo cd chef cls color comm command composer compress
    convert copy cut date declare deno dirs docker docker-compose dotnet echo erase eval ex exec expand
    expect export expr false fc fg file find free ftype gem git go goto gradle groovy head helm help
    history host ip javac jobs julia kill kotlinc kubectl label last less let local login logout look
    lua mail make man md mono more mount move mvn mysql nice node nodejs npm npx octave path pause
    pg_dump pip pip3 pipx podman popd print printf psql pushd rake rd read recover ren replace route
    scala set shift shutdown sort source split start stat strings strip sum tail terraform test time
    title tmux top touch trap tree true type typeset ulimit umask unalias unset users ver view vol w
    wait watch which who yarn
";

/// What kind of name a command has, by its name in lower case.
pub(super) static COMMANDS: LazyLock<HashMap<&'static [u8], Kind>> = LazyLock::new(|| {
    let of = |names: &'static str, kind| names.split_whitespace().map(move |name| (name.as_bytes(), kind));
    of(ENGLISH, Kind::English).chain(of(STRONG, Kind::Strong)).chain(of(TOOLS, Kind::Tool)).collect()
});

/// The names of all commands.
pub(super) fn all() -> impl Iterator<Item = &'static str> {
    [TOOLS, STRONG, ENGLISH].into_iter().flat_map(str::split_whitespace)
}
