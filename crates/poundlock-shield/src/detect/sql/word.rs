//! The words of SQL, by what they do in a sentence.
//!
//! Main item: [`word`]. Words that are also plain English are told apart by the grammar around them, not here.

use std::{collections::HashMap, sync::LazyLock};

/// What a word is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    /// No word of SQL: a table, a column, a function, English.
    Name,
    And,
    Not,
    /// `LIKE`, `RLIKE`, `IN`, `IS`, `BETWEEN`, …
    Compare,
    /// `DIV`, `MOD`
    Operator,
    /// `NULL`, `TRUE`, `UNKNOWN`, …
    Literal,
    Union,
    All,
    Select,
    From,
    Where,
    Having,
    Order,
    Group,
    By,
    Limit,
    Case,
    When,
    Then,
    End,
    As,
    Into,
    /// `OUTFILE`, `DUMPFILE`
    File,
    Procedure,
    Set,
    Table,
    Values,
    Waitfor,
    /// A word that starts a statement of its own.
    Statement,
    /// A function that only attacks use without a query around it.
    Probe,
    /// A function that is called without parentheses: `CURRENT_USER`
    Secret,
    /// A function of SQL that attacks like.
    Function,
    /// A function that encodes text: `CHAR`, `CHR`
    Encode,
    /// A function whose first argument is a condition: `IF`, `IIF`, `ELT`
    Condition,
    /// A catalogue: `information_schema`, `sysobjects`, …
    Catalogue,
}

/// The longest word that is looked up.
const LONGEST: usize = 24;

/// What `name` is, whatever its case.
pub(super) fn word(name: &[u8]) -> Word {
    let mut lower = [0u8; LONGEST];
    let Some(lower) = lower.get_mut(..name.len()) else { return Word::Name };
    lower.copy_from_slice(name);
    lower.make_ascii_lowercase();
    if name.len() < 2 { Word::Name } else { keyword(lower).unwrap_or_else(|| function(lower)) }
}

fn keyword(lower: &[u8]) -> Option<Word> {
    Some(match lower {
        b"and" | b"or" | b"xor" => Word::And,
        b"not" => Word::Not,
        b"like" | b"rlike" | b"regexp" | b"in" | b"is" | b"between" | b"ilike" | b"glob" | b"sounds"
        | b"similar" | b"regexp_like" | b"collate" => Word::Compare,
        b"div" | b"mod" => Word::Operator,
        b"null" | b"true" | b"false" | b"unknown" => Word::Literal,
        b"union" | b"intersect" | b"except" | b"minus" => Word::Union,
        b"all" | b"distinct" | b"distinctrow" | b"any" | b"some" | b"binary" | b"exists" | b"top"
        | b"straight_join" | b"sql_no_cache" | b"high_priority" => Word::All,
        b"select" => Word::Select,
        b"from" => Word::From,
        b"where" => Word::Where,
        b"having" => Word::Having,
        b"order" => Word::Order,
        b"group" => Word::Group,
        b"by" => Word::By,
        b"limit" | b"offset" => Word::Limit,
        b"case" => Word::Case,
        b"when" => Word::When,
        b"then" => Word::Then,
        b"end" => Word::End,
        b"as" => Word::As,
        b"into" => Word::Into,
        b"outfile" | b"dumpfile" => Word::File,
        b"procedure" => Word::Procedure,
        b"set" => Word::Set,
        b"table" | b"database" | b"view" | b"user" | b"login" | b"trigger" | b"function" | b"index"
        | b"column" | b"role" | b"schema" | b"alias" => Word::Table,
        b"values" | b"value" => Word::Values,
        b"waitfor" => Word::Waitfor,
        b"insert" | b"update" | b"delete" | b"drop" | b"create" | b"alter" | b"truncate" | b"exec"
        | b"execute" | b"declare" | b"shutdown" | b"call" | b"grant" | b"merge" | b"replace" | b"load"
        | b"copy" | b"attach" | b"handler" | b"prepare" | b"backup" | b"restore" | b"begin" | b"dbcc"
        | b"rename" | b"revoke" | b"bulk" | b"show" | b"describe" | b"desc" | b"reconfigure" | b"pragma" => {
            Word::Statement
        }
        _ => return None,
    })
}

/// Functions that only attacks use without a query around them.
const PROBES: &[&str] = &[
    "sleep",
    "benchmark",
    "pg_sleep",
    "extractvalue",
    "updatexml",
    "load_file",
    "xp_cmdshell",
    "xp_dirtree",
    "xp_regread",
    "xp_fileexist",
    "sp_executesql",
    "sp_oacreate",
    "sp_password",
    "sp_configure",
    "randomblob",
    "regexp_substring",
    "crypt_key",
    "xmltype",
    "generate_series",
    "openrowset",
    "opendatasource",
    "pg_read_file",
    "lo_import",
    "lo_export",
    "dblink",
    "dblink_connect",
    "utl_inaddr",
    "utl_http",
    "dbms_pipe",
    "dbms_lock",
    "ctxsys",
    "load_extension",
    "group_concat",
    "concat_ws",
    "make_set",
    "aes_decrypt",
    "sqlite_version",
    "pg_ls_dir",
    "current_setting",
    "query_to_xml",
    "database_to_xml",
    "name_const",
    "gtid_subset",
    "json_keys",
    "st_latfromgeohash",
    "receive_message",
    "get_host_address",
    "user_lock",
    "string_agg",
    "wm_concat",
    "json_extract",
    "json_depth",
    "json_array_elements",
    "jsonb_extract_path",
    "json_value",
    "unistr",
    "sp_addextendedproc",
    "sp_makewebtask",
    "xp_regwrite",
    "xp_servicecontrol",
    "xp_availablemedia",
    "xp_loginconfig",
    "xp_enumdsn",
    "xp_subdirs",
    "dbms_xmlquery",
    "dbms_export_extension",
    "pg_stat_file",
    "pg_read_binary_file",
    "lo_from_bytea",
    "fileread",
    "polygon",
    "linestring",
    "multipoint",
    "geometrycollection",
    "dbms_ldap",
    "dbms_utility",
    "is_srvrolemember",
    "fn_my_permissions",
    "sys_eval",
    "sys_exec",
    "unhex",
    "listagg",
];

/// Catalogues, and databases that are always there.
const CATALOGUES: &[&str] = &[
    "information_schema",
    "sysobjects",
    "syscolumns",
    "sysusers",
    "sysdatabases",
    "sqlite_master",
    "sqlite_schema",
    "pg_catalog",
    "pg_tables",
    "pg_user",
    "pg_shadow",
    "pg_class",
    "pg_database",
    "all_tables",
    "all_users",
    "user_tables",
    "all_tab_columns",
    "user_tab_columns",
    "msysaccessobjects",
    "msysobjects",
    "sysibm",
    "systables",
    "syscat",
    "v$version",
    "dba_users",
    "master",
    "mysql",
    "rdb$fields",
    "dual",
    "rdb$database",
    "tempdb",
    "northwind",
    "schemata",
    "table_schema",
    "table_name",
    "column_name",
    "user_constraints",
    "msdb",
    "all_tab_tables",
];

/// What the words of [`PROBES`] and [`CATALOGUES`] are.
static NAMES: LazyLock<HashMap<&'static [u8], Word>> = LazyLock::new(|| {
    let of = |names: &'static [&'static str], word| names.iter().map(move |name| (name.as_bytes(), word));
    of(PROBES, Word::Probe).chain(of(CATALOGUES, Word::Catalogue)).collect()
});

fn function(lower: &[u8]) -> Word {
    match lower {
        b"version" | b"concat" | b"hex" | b"ascii" | b"ord" | b"substring" | b"substr" | b"mid" | b"left"
        | b"right" | b"length" | b"len" | b"count" | b"cast" | b"convert" | b"conv" | b"floor" | b"rand"
        | b"md5" | b"sha1" | b"lower" | b"upper" | b"coalesce" | b"ifnull" | b"nullif" | b"isnull"
        | b"current_database" | b"db_name" | b"user_name" | b"suser_name" | b"suser_sname" | b"host_name"
        | b"bin" | b"oct" | b"row" | b"exp" | b"repeat" | b"reverse" | b"strcmp" | b"pow" | b"power"
        | b"sin" | b"bit_length" | b"char_length" | b"character_length" | b"octet_length" | b"instr"
        | b"locate" | b"lpad" | b"rpad" | b"trim" | b"to_char" | b"to_number" | b"quote" | b"schema_name"
        | b"typeof" | b"unicode" | b"nvl" | b"object_id" | b"col_name" | b"last_insert_id"
        | b"connection_id" | b"row_count" | b"found_rows" | b"uuid" | b"compress" | b"encode" | b"decode"
        | b"replace_" | b"pi" | b"now" | b"sum" | b"min" | b"max" | b"avg" | b"abs" | b"greatest"
        | b"least" | b"stuff" | b"patindex" | b"charindex" | b"difference" | b"soundex" | b"space"
        | b"position" | b"interval" => Word::Function,
        _ => special(lower),
    }
}

fn special(lower: &[u8]) -> Word {
    match lower {
        b"cos" | b"tan" | b"cot" | b"asin" | b"acos" | b"atan" | b"sqrt" | b"log" | b"ln" | b"ceil"
        | b"round" | b"degrees" | b"radians" | b"crc32" | b"charset" | b"coercibility" | b"collation"
        | b"uncompress" => Word::Function,
        b"session_user" | b"current_user" | b"system_user" | b"utc_date" | b"utc_time" | b"current_role"
        | b"current_date" | b"current_time" | b"current_timestamp" | b"localtime" => Word::Secret,
        b"char" | b"chr" | b"nchar" => Word::Encode,
        b"if" | b"iif" | b"elt" => Word::Condition,
        _ => NAMES.get(lower).copied().unwrap_or(Word::Name),
    }
}
