//! The words of SQL, by what they do in a sentence.
//!
//! Main item: [`word`]. Words that are also plain English are told apart by the grammar around them, not here.

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
    if name.len() < 2 { Word::Name } else { keyword(lower).unwrap_or_else(|| probe(lower)) }
}

fn keyword(lower: &[u8]) -> Option<Word> {
    Some(match lower {
        b"and" | b"or" | b"xor" => Word::And,
        b"not" => Word::Not,
        b"like" | b"rlike" | b"regexp" | b"in" | b"is" | b"between" | b"ilike" | b"glob" | b"sounds"
        | b"similar" | b"regexp_like" => Word::Compare,
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

fn probe(lower: &[u8]) -> Word {
    match lower {
        b"sleep" | b"benchmark" | b"pg_sleep" | b"extractvalue" | b"updatexml" | b"load_file"
        | b"xp_cmdshell" | b"xp_dirtree" | b"xp_regread" | b"xp_fileexist" | b"sp_executesql"
        | b"sp_oacreate" | b"sp_password" | b"sp_configure" | b"randomblob" | b"regexp_substring"
        | b"crypt_key" | b"xmltype" | b"generate_series" | b"openrowset" | b"opendatasource"
        | b"pg_read_file" | b"lo_import" | b"lo_export" | b"dblink" | b"dblink_connect" | b"utl_inaddr"
        | b"utl_http" | b"dbms_pipe" | b"dbms_lock" | b"ctxsys" | b"load_extension" | b"group_concat"
        | b"concat_ws" | b"make_set" | b"aes_decrypt" | b"sqlite_version" | b"pg_ls_dir"
        | b"current_setting" | b"query_to_xml" | b"database_to_xml" | b"name_const" | b"gtid_subset"
        | b"json_keys" | b"st_latfromgeohash" | b"receive_message" | b"get_host_address" | b"user_lock"
        | b"string_agg" | b"wm_concat" => Word::Probe,
        _ => function(lower),
    }
}

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
        b"polygon"
        | b"linestring"
        | b"multipoint"
        | b"geometrycollection"
        | b"dbms_ldap"
        | b"dbms_utility"
        | b"is_srvrolemember"
        | b"fn_my_permissions"
        | b"sys_eval"
        | b"sys_exec"
        | b"unhex"
        | b"listagg" => Word::Probe,
        b"cos" | b"tan" | b"cot" | b"asin" | b"acos" | b"atan" | b"sqrt" | b"log" | b"ln" | b"ceil"
        | b"round" | b"degrees" | b"radians" | b"crc32" | b"charset" | b"coercibility" | b"collation"
        | b"uncompress" => Word::Function,
        b"session_user" | b"current_user" | b"system_user" | b"utc_date" | b"utc_time" | b"current_role" => {
            Word::Secret
        }
        b"char" | b"chr" | b"nchar" => Word::Encode,
        b"if" | b"iif" | b"elt" => Word::Condition,
        b"information_schema"
        | b"sysobjects"
        | b"syscolumns"
        | b"sysusers"
        | b"sysdatabases"
        | b"sqlite_master"
        | b"sqlite_schema"
        | b"pg_catalog"
        | b"pg_tables"
        | b"pg_user"
        | b"pg_shadow"
        | b"pg_class"
        | b"pg_database"
        | b"all_tables"
        | b"all_users"
        | b"user_tables"
        | b"all_tab_columns"
        | b"user_tab_columns"
        | b"msysaccessobjects"
        | b"msysobjects"
        | b"sysibm"
        | b"systables"
        | b"syscat"
        | b"v$version"
        | b"dba_users"
        | b"master"
        | b"mysql"
        | b"rdb$fields"
        | b"dual"
        | b"rdb$database"
        | b"tempdb"
        | b"northwind"
        | b"schemata"
        | b"table_schema"
        | b"table_name"
        | b"column_name"
        | b"user_constraints" => Word::Catalogue,
        _ => Word::Name,
    }
}
