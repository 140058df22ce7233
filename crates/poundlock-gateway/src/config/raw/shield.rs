//! [`RawShield`] and [`RawShieldRoute`]: attack detection and input validation as they are written.

mod exclude;
mod field;
mod rules;

pub(in crate::config) use exclude::{RawClass, RawExclude};
pub(in crate::config) use field::{
    RawCharset, RawEmailLevel, RawField, RawFieldType, RawForm, RawHosts, RawRange,
};
pub(in crate::config) use rules::{
    RawBatch, RawExcess, RawFileKind, RawPage, RawPageParameter, RawUnknown, RawUploads,
};

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{NAME_PATTERN, PercentText, SizeText};

/// Attack detection and input validation.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "Shield")]
pub(in crate::config) struct RawShield {
    /// Whether requests are looked at, and what becomes of attacks. Unset: detect, once anything is said about the
    /// shield.
    pub(in crate::config) mode: Option<RawShieldMode>,
    /// How suspicious to be: 1 takes certain attacks only, 4 anything odd.
    #[schemars(range(min = 1, max = 4))]
    pub(in crate::config) level: u8,
    /// The share of requests that are looked at in detect mode. In block mode all are.
    pub(in crate::config) sample: PercentText,
    /// How much of a body waits for its verdict; what is longer is looked at as it passes. 1KiB to 4MiB.
    pub(in crate::config) hold: SizeText,
    /// Where a line a request with findings is written: a file below the state folder, or "-" for standard output. Empty:
    /// nowhere.
    #[schemars(example = &"-", extend("x-takes-empty" = true))]
    pub(in crate::config) audit: String,
    /// When that file is full: it gets the ending .1, the one before it .2, up to .4. 4KiB to 64GiB.
    pub(in crate::config) audit_size: SizeText,
    /// Findings that are let pass, each as narrow as its keys say.
    #[schemars(length(max = 1000), example = exclude::example())]
    pub(in crate::config) exclude: Vec<RawExclude>,
    /// Other rules for some requests, by name. The first in the file that a request fits is taken; what it leaves out is as
    /// above.
    #[schemars(extend("maxProperties" = 256, "propertyNames" = { "pattern": NAME_PATTERN }))]
    pub(in crate::config) route: BTreeMap<String, RawShieldRoute>,
}

impl Default for RawShield {
    fn default() -> Self {
        Self {
            mode: None,
            level: 1,
            sample: "100%".into(),
            hold: "128KiB".into(),
            audit: "findings.jsonl".to_owned(),
            audit_size: "64MiB".into(),
            exclude: Vec::new(),
            route: BTreeMap::new(),
        }
    }
}

/// What becomes of attacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "ShieldMode")]
pub(in crate::config) enum RawShieldMode {
    /// Nothing is looked at.
    Off,
    /// They are recorded, and pass.
    Detect,
    /// They are refused.
    Block,
}

/// What is done with some requests.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "ShieldRoute")]
pub(in crate::config) struct RawShieldRoute {
    /// Services it is about. Empty: all.
    #[schemars(length(max = 1000), example = ["api"])]
    pub(in crate::config) services: Vec<String>,
    /// Paths it is about; a * at the end stands for everything that follows. Empty: all.
    #[schemars(length(max = 1000), example = ["/users/*"])]
    pub(in crate::config) paths: Vec<String>,
    /// Methods it is about. Empty: all.
    #[schemars(length(max = 64), example = ["POST"])]
    pub(in crate::config) methods: Vec<String>,
    /// In place of the shield's.
    pub(in crate::config) mode: Option<RawShieldMode>,
    /// In place of the shield's.
    #[schemars(range(min = 1, max = 4), example = 2)]
    pub(in crate::config) level: Option<u8>,
    /// In place of the shield's.
    pub(in crate::config) sample: Option<PercentText>,
    /// In place of the shield's.
    pub(in crate::config) hold: Option<SizeText>,
    /// Findings that are let pass here, beside the shield's.
    #[schemars(length(max = 1000), example = exclude::example())]
    pub(in crate::config) exclude: Vec<RawExclude>,
    /// Modes of single fields, such as "query.q", "body.user.name" or "header.referer": detect never refuses for what is found
    /// there, off does not even record it.
    #[schemars(extend("maxProperties" = 256))]
    pub(in crate::config) field_mode: BTreeMap<String, RawShieldMode>,
    /// Pages of lists: their numbers are kept in bounds. Unset: they are not looked at.
    pub(in crate::config) page: Option<RawPage>,
    /// What fields must be: "query.sort", "header.x-id", "cookie.theme", or of a JSON or form body "body.user.email",
    /// with * for every item or member.
    #[schemars(extend("maxProperties" = 256))]
    pub(in crate::config) fields: BTreeMap<String, RawField>,
    /// Dates two by two.
    #[schemars(length(max = 64), example = field::example_range())]
    pub(in crate::config) ranges: Vec<RawRange>,
    /// Parameters of the query and fields of forms that no rule is about.
    pub(in crate::config) unknown: RawUnknown,
    /// How much a JSON body or a form may hold. Unset: any amount, unless something else asks for a JSON body.
    pub(in crate::config) batch: Option<RawBatch>,
    /// Which files are accepted, in forms and as bodies of PUT and POST. Unset: any.
    pub(in crate::config) uploads: Option<RawUploads>,
    /// The longest body that has to be read as a whole, for a schema or for fields of JSON; it is kept in memory until then.
    /// A longer one is refused. At most 16MiB.
    pub(in crate::config) whole: SizeText,
    /// The file of a JSON Schema that JSON bodies must fit, from the folder of this file on. References out of it are errors.
    #[schemars(example = &"schemas/user.json")]
    pub(in crate::config) json_schema: Option<String>,
    /// The file of an OpenAPI 3.0 or 3.1 document in JSON that requests must fit.
    #[schemars(example = &"openapi.json")]
    pub(in crate::config) openapi: Option<String>,
    /// What stands before the paths of that document.
    #[schemars(example = &"/api/v1")]
    pub(in crate::config) openapi_base: Option<String>,
}

impl Default for RawShieldRoute {
    fn default() -> Self {
        Self {
            services: Vec::new(),
            paths: Vec::new(),
            methods: Vec::new(),
            mode: None,
            level: None,
            sample: None,
            hold: None,
            exclude: Vec::new(),
            field_mode: BTreeMap::new(),
            page: None,
            fields: BTreeMap::new(),
            ranges: Vec::new(),
            unknown: RawUnknown::Pass,
            batch: None,
            uploads: None,
            whole: "1MiB".into(),
            json_schema: None,
            openapi: None,
            openapi_base: None,
        }
    }
}
