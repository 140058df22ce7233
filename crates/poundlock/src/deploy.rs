//! `poundlock deploy`: new releases on the command line.
//!
//! It chooses the verb; what a release is worth, `poundlock-rollout` decides.

mod judge;

use crate::cli::DeployVerb;
use crate::output::{Failure, Out};

pub(crate) fn deploy(verb: &DeployVerb, out: &Out) -> Result<(), Failure> {
    match verb {
        DeployVerb::Judge => judge::judge(out),
    }
}
