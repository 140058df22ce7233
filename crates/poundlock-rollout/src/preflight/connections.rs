//! Whether the database has room for two releases side by side.
//!
//! Main type: [`Connections`].

use super::{Check, Status};

/// What both releases may open, and what there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Connections {
    /// Instances of the stable release.
    pub old: u32,
    /// Instances of the candidate.
    pub new: u32,
    /// Connections that an instance may open, overflow included.
    pub pool: u32,
    /// Connections that the database takes (`max_connections`).
    pub max: u32,
    /// Those that are kept for others: superusers, backups, replication, people.
    pub reserved: u32,
}

impl Connections {
    /// Connections that may be open while both run.
    pub fn wanted(self) -> u64 {
        (u64::from(self.old) + u64::from(self.new)).saturating_mul(u64::from(self.pool))
    }

    /// Connections that there are for them.
    pub fn room(self) -> u64 {
        u64::from(self.max.saturating_sub(self.reserved))
    }

    /// (old + new) × pool ≤ max − reserved.
    pub fn check(self) -> Check {
        let Self { old, new, pool, max, reserved } = self;
        let (wanted, room) = (self.wanted(), self.room());
        let sum =
            format!("({old} old + {new} new) × {pool} = {wanted}, and there are {max} − {reserved} = {room}");
        if wanted <= room {
            return Check::new("database.connections", Status::Pass, sum);
        }
        let each = room / (u64::from(old) + u64::from(new)).max(1);
        let fix = format!("set the pool to {each} or less, start fewer instances, or raise max_connections");
        Check::new("database.connections", Status::Fail, sum).with_fix(fix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_releases_must_fit() {
        let fits = Connections { old: 4, new: 4, pool: 12, max: 100, reserved: 4 };
        assert_eq!((fits.wanted(), fits.room(), fits.check().status), (96, 96, Status::Pass));
        let check = Connections { pool: 13, ..fits }.check();
        assert_eq!(check.status, Status::Fail);
        assert_eq!(check.detail, "(4 old + 4 new) × 13 = 104, and there are 100 − 4 = 96");
        assert!(check.fix.unwrap().starts_with("set the pool to 12 or less"));
        let huge = Connections { old: u32::MAX, new: u32::MAX, pool: u32::MAX, max: 3, reserved: 9 };
        assert_eq!(huge.check().status, Status::Fail);
        assert_eq!(Connections { old: 0, new: 0, ..huge }.check().status, Status::Pass);
    }
}
