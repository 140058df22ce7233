//! New releases, through the real binary.

mod judge;
