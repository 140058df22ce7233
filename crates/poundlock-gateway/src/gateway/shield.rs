//! From the configured shield to the inspections of each service, and back to what the admin API tells of it.
//!
//! Main functions: [`guards`] and [`state`]. Values were checked with the configuration; what is found is the layer's.

use super::Shared;
use crate::config::{Audit, Config, Document, Shield, ShieldMode, ShieldRoute, ShieldRules};
use crate::routing::Guard;
use anyhow::{Context, Result};
use http::Method;
use poundlock_admin::shield::{ShieldRouteState, ShieldState, Totals};
use poundlock_observe::Registry;
use poundlock_shield::validate::RouteRules;
use poundlock_shield::validate::openapi::{OpenApi, OpenApiOptions};
use poundlock_shield::validate::rule::Sizes;
use poundlock_shield::validate::schema::Schema;
use poundlock_shield::{Exclusion, Policy};
use poundlock_tower::Inspection;
use poundlock_tower::inspect::{Action, InspectionMetrics, Mode, Share};
use poundlock_tower::limit::Patterns;
use std::sync::Arc;

/// What is done with the requests to a service, in the order in which it is asked; nothing when it is off for all of them.
///
/// # Errors
/// The name of a metric belongs to something else, or a document no longer compiles.
pub(super) fn guards(shield: &Shield, service: &str, registry: &Registry) -> Result<Vec<Guard>> {
    let concern =
        |route: &&ShieldRoute| route.services.is_empty() || route.services.iter().any(|s| s == service);
    let routes: Vec<_> = shield.routes.iter().filter(concern).collect();
    if routes.iter().all(|route| route.mode == ShieldMode::Off) {
        return Ok(Vec::new());
    }
    // The first request would wait for the tables of the detectors.
    poundlock_shield::prepare();
    let metrics = InspectionMetrics::new(registry, service)?;
    routes.into_iter().map(|route| guard(route, service, &metrics)).collect()
}

fn guard(route: &ShieldRoute, service: &str, metrics: &InspectionMetrics) -> Result<Guard> {
    let methods = route.methods.iter().filter_map(|m| Method::from_bytes(m.as_bytes()).ok());
    let patterns = Patterns::new(route.paths.iter().map(String::as_str), methods);
    let fields = |mode| {
        let named = route.field_modes.iter().filter(move |(_, other)| *other == mode);
        named.map(|(field, _)| Exclusion { field: Some(field.clone()), ..Exclusion::default() })
    };
    let exclusions = route.exclude.iter().cloned().chain(fields(ShieldMode::Off)).collect();
    let rules = rules(&route.rules).with_context(|| format!("shield route `{}`", route.name))?;
    let inspection = Inspection {
        route: route.name.as_str().into(),
        mode: match route.mode {
            ShieldMode::Off => Mode::Off,
            ShieldMode::Detect => Mode::Detect,
            ShieldMode::Block => Mode::Block,
        },
        policy: Arc::new(Policy { level: route.level, exclusions }),
        told_only: fields(ShieldMode::Detect).collect(),
        sample: share(route),
        hold: route.hold,
        rules,
        metrics: metrics.clone(),
        ..Inspection::new(service)
    };
    Ok(Guard { patterns, inspection: Arc::new(inspection) })
}

fn share(route: &ShieldRoute) -> Share {
    // At most a million, since a share is at most all.
    Share::per_million((route.sample.as_ratio() * 1e6).round() as u32).unwrap_or(Share::ALL)
}

/// The rules of a route; `None` when it has none.
fn rules(rules: &ShieldRules) -> Result<Option<Arc<RouteRules>>> {
    if rules.ask_nothing() {
        return Ok(None);
    }
    let schema =
        |document: &Document| Schema::compile(&document.content).with_context(|| document.name.clone());
    let (json, form) = rules.batch.unwrap_or_default();
    let openapi = |(document, base_path): &(Document, String)| {
        let options = OpenApiOptions { base_path: base_path.clone(), json, ..OpenApiOptions::default() };
        OpenApi::compile(&document.content, options).with_context(|| document.name.clone())
    };
    Ok(Some(Arc::new(RouteRules {
        fields: rules.fields.clone(),
        ranges: rules.ranges.clone(),
        unknown: rules.unknown,
        pagination: rules.pagination.clone(),
        json,
        form,
        upload: rules.upload.clone().map(Arc::new),
        schema: rules.schema.as_ref().map(schema).transpose()?.map(Arc::new),
        openapi: rules.openapi.as_ref().map(openapi).transpose()?.map(Arc::new),
        sizes: if rules.batch.is_some() { Sizes::Always } else { Sizes::WhereRead },
        whole_bytes: rules.whole,
    })))
}

/// What the admin API tells.
pub(super) fn state(config: &Config, shared: &Shared) -> ShieldState {
    let shield = &config.shield;
    let mut totals = Totals { audit_dropped: shared.audit.dropped(), ..Totals::default() };
    for service in &shared.routing.load().services {
        // The guards of a service count together.
        let Some(guard) = service.guards.first() else { continue };
        let metrics = &guard.inspection.metrics;
        totals.requests += Action::ALL.iter().map(|action| metrics.count(*action)).sum::<u64>();
        totals.skipped += metrics.skipped();
        totals.blocked += metrics.count(Action::Block);
        totals.would_block += metrics.count(Action::WouldBlock);
        totals.refused += metrics.count(Action::Refuse);
        totals.would_refuse += metrics.count(Action::WouldRefuse);
    }
    ShieldState {
        audit: shield.audit.as_ref().map(|audit| match audit {
            Audit::Stdout => "-".to_owned(),
            Audit::File(path) => config.state_dir.join(path).display().to_string(),
        }),
        routes: shield.routes.iter().map(route_state).collect(),
        totals,
    }
}

fn route_state(route: &ShieldRoute) -> ShieldRouteState {
    ShieldRouteState {
        name: route.name.clone(),
        services: route.services.clone(),
        paths: route.paths.clone(),
        methods: route.methods.clone(),
        mode: match route.mode {
            ShieldMode::Off => "off",
            ShieldMode::Detect => "detect",
            ShieldMode::Block => "block",
        },
        level: route.level.number(),
        sample: route.sample.as_ratio(),
        hold_bytes: route.hold,
        exclusions: route.exclude.len(),
        rules: !route.rules.ask_nothing(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Sources, load};
    use poundlock_observe::Limits;

    /// The names and modes of what a service is guarded by.
    fn check(shield: &str, service: &str, expect: &[(&str, Mode)]) -> Vec<Guard> {
        let services = "[service.a]\nhosts = [\"a\"]\nto = [\"a:1\"]\n[service.b]\nto = [\"b:1\"]\n";
        let file = Some(("poundlock.toml".into(), format!("{shield}\n{services}")));
        let config = load(&Sources { file, ..Sources::default() }).expect("valid").config;
        let registry = Registry::new(Limits::default());
        let guards = guards(&config.shield, service, &registry).expect("guards");
        let found: Vec<_> = guards.iter().map(|g| (&*g.inspection.route, g.inspection.mode)).collect();
        assert_eq!(found, expect);
        guards
    }

    #[test]
    fn a_service_has_the_routes_that_name_it_and_those_that_name_none() {
        let shield = "[shield]\nmode = \"block\"\n[shield.route.z]\nservices = [\"a\"]\nmode = \"off\"\n[shield.route.m]\n";
        check(shield, "a", &[("z", Mode::Off), ("m", Mode::Block), ("default", Mode::Block)]);
        check(shield, "b", &[("m", Mode::Block), ("default", Mode::Block)]);
    }

    #[test]
    fn what_is_off_for_all_requests_costs_nothing() {
        check("", "a", &[]);
        check("[shield]\nmode = \"off\"\n[shield.route.z]\nservices = [\"b\"]\nmode = \"block\"", "a", &[]);
    }

    #[test]
    fn fields_that_are_off_are_excluded_and_those_that_detect_are_told() {
        let shield = "[shield]\nexclude = [{ class = \"xss\" }]\n[shield.route.z]\n\
                      field_mode = { \"query.a\" = \"off\", \"query.b\" = \"detect\" }\nhold = \"1KiB\"\n";
        let guards = check(shield, "b", &[("z", Mode::Detect), ("default", Mode::Detect)]);
        let inspection = &guards[0].inspection;
        let fields: Vec<_> = inspection.policy.exclusions.iter().map(|e| e.field.as_deref()).collect();
        assert_eq!((&fields[..], inspection.hold), (&[None, Some("query.a")][..], 1024));
        assert_eq!(inspection.told_only[0].field.as_deref(), Some("query.b"));
        assert!(inspection.rules.is_none());
    }
}
