//! What may depend on what (ARCHITECTURE.md): the edges between our crates, and what some crates never touch.

use serde_json::Value;

/// A crate's allowed neighbours, and the families of foreign crates that it never names, not even for its tests.
struct Layer {
    package: &'static str,
    may_use: &'static [&'static str],
    /// What its tests may use besides.
    tests_may_use: &'static [&'static str],
    never: &'static [&'static str],
}

const LAYERS: &[Layer] = &[
    // Pure: what platform, edge and player say to each other.
    Layer {
        package: "streamgate-contract",
        may_use: &[],
        tests_may_use: &[],
        never: &[
            "tokio", "axum", "sqlx", "clap", "hyper", "reqwest", "tower", "tracing",
        ],
    },
    // The HTTP process kit knows no tickets and no HLS.
    Layer {
        package: "streamgate-serving",
        may_use: &[],
        tests_may_use: &[],
        never: &["sqlx", "axum", "clap"],
    },
    Layer {
        package: "streamgate-platform",
        may_use: &["streamgate-contract", "streamgate-serving"],
        tests_may_use: &[],
        never: &["clap"],
    },
    // The edge opens no database.
    Layer {
        package: "streamgate-edge",
        may_use: &["streamgate-contract", "streamgate-serving"],
        tests_may_use: &[],
        never: &["sqlx", "clap"],
    },
    Layer {
        package: "streamgate",
        may_use: &[
            "streamgate-contract",
            "streamgate-serving",
            "streamgate-platform",
            "streamgate-edge",
        ],
        // Its simulated viewers watch the real program.
        tests_may_use: &["streamgate-bench"],
        never: &["sqlx"],
    },
    // Measures the program from outside, as a process; the token check alone is measured as a function.
    Layer {
        package: "streamgate-bench",
        may_use: &["streamgate-contract", "streamgate-serving"],
        tests_may_use: &[],
        never: &["sqlx", "axum"],
    },
    // Builds everything, so it depends on nothing of ours.
    Layer {
        package: "xtask",
        may_use: &[],
        tests_may_use: &[],
        never: &["tokio", "clap"],
    },
];

/// Says what in `cargo metadata --no-deps` breaks the layering; empty if nothing does.
pub(crate) fn violations(metadata: &Value) -> Vec<String> {
    list(&metadata["packages"])
        .iter()
        .flat_map(violations_of_package)
        .collect()
}

fn violations_of_package(package: &Value) -> Vec<String> {
    let name = text(&package["name"]);
    let Some(layer) = LAYERS.iter().find(|layer| layer.package == name) else {
        return vec![format!(
            "the crate `{name}` has no layer: give it one in xtask/src/layers.rs and ARCHITECTURE.md"
        )];
    };
    let dependencies = list(&package["dependencies"]);
    dependencies
        .iter()
        .filter_map(|dependency| {
            let on = text(&dependency["name"]);
            // Only our own crates come from a path.
            let is_ours = dependency["path"].is_string();
            let is_for_tests = dependency["kind"] == "dev" && layer.tests_may_use.contains(&on);
            if is_ours && !layer.may_use.contains(&on) && !is_for_tests {
                Some(format!(
                    "`{name}` must not depend on `{on}`: {} may use {:?}",
                    layer.package, layer.may_use
                ))
            } else if layer.never.iter().any(|family| belongs_to(on, family)) {
                Some(format!(
                    "`{name}` must not depend on `{on}`: no crate of {:?} belongs there",
                    layer.never
                ))
            } else {
                None
            }
        })
        .collect()
}

/// Whether a crate is the family's head or one of those named after it (`tokio-util`, `tower_http`).
fn belongs_to(name: &str, family: &str) -> bool {
    name.strip_prefix(family)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_']))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn package(name: &str, ours: &[&str], foreign: &[&str]) -> Value {
        let ours = ours
            .iter()
            .map(|name| json!({"name": name, "path": format!("crates/{name}")}));
        let foreign = foreign.iter().map(|name| json!({"name": name, "path": null}));
        json!({"packages": [{"name": name, "dependencies": ours.chain(foreign).collect::<Vec<_>>()}]})
    }

    #[test]
    fn the_drawn_edges_are_allowed() {
        let all = [
            "streamgate-contract",
            "streamgate-serving",
            "streamgate-platform",
            "streamgate-edge",
        ];
        assert!(violations(&package("streamgate", &all, &["clap", "tokio"])).is_empty());
        let base = ["streamgate-contract", "streamgate-serving"];
        assert!(violations(&package("streamgate-platform", &base, &["sqlx", "axum"])).is_empty());
        assert!(violations(&package("streamgate-edge", &base, &["hyper"])).is_empty());
        assert!(violations(&package("streamgate-contract", &[], &["serde", "tokenizers"])).is_empty());
    }

    #[test]
    fn platform_and_edge_never_know_each_other() {
        for (one, other) in [
            ("streamgate-platform", "streamgate-edge"),
            ("streamgate-edge", "streamgate-platform"),
        ] {
            let found = violations(&package(one, &[other], &[]));
            assert_eq!(found.len(), 1);
            assert!(
                found
                    .iter()
                    .all(|line| line.contains(one) && line.contains(other))
            );
        }
    }

    #[test]
    fn serving_and_contract_do_not_know_each_other() {
        assert_eq!(
            violations(&package("streamgate-serving", &["streamgate-contract"], &[])).len(),
            1
        );
        assert_eq!(
            violations(&package("streamgate-contract", &["streamgate-serving"], &[])).len(),
            1
        );
    }

    #[test]
    fn the_contract_stays_pure_in_every_spelling() {
        for foreign in [
            "tokio",
            "tokio-util",
            "axum",
            "axum-core",
            "sqlx",
            "clap",
            "hyper",
            "hyper-util",
        ] {
            assert_eq!(
                violations(&package("streamgate-contract", &[], &[foreign])).len(),
                1,
                "{foreign}"
            );
        }
    }

    #[test]
    fn what_tests_may_use_does_not_ship() {
        let mut metadata = package("streamgate", &["streamgate-bench"], &[]);
        assert_eq!(violations(&metadata).len(), 1);
        metadata["packages"][0]["dependencies"][0]["kind"] = json!("dev");
        assert!(violations(&metadata).is_empty());
    }

    #[test]
    fn a_new_crate_needs_a_layer() {
        assert!(
            violations(&package("streamgate-extras", &[], &[]))
                .iter()
                .all(|line| line.contains("no layer"))
        );
        assert_eq!(violations(&package("streamgate-extras", &[], &[])).len(), 1);
    }
}
