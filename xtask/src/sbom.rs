//! What is in the program: every crate and every package of the page, as a `CycloneDX` document, from the lock files.
//!
//! Parts that only build or test something are left out, as is whatever other platforms need.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use serde_json::{Value, json};

/// One part: a crate or an npm package.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Part {
    pub(crate) name: String,
    pub(crate) version: String,
    /// As its author wrote it.
    pub(crate) licence: String,
    /// `cargo` or `npm`.
    pub(crate) registry: &'static str,
    /// Where its files lie on this machine.
    pub(crate) folder: String,
}

impl Part {
    fn purl(&self) -> String {
        format!(
            "pkg:{}/{}@{}",
            self.registry,
            self.name.replace('@', "%40"),
            self.version
        )
    }
}

/// Finds the crates that the program is linked from: `metadata` is what `cargo metadata` says, `linked` what `cargo tree`
/// lists, one a line.
pub(crate) fn crates(metadata: &Value, linked: &str) -> Result<BTreeSet<Part>> {
    let linked: BTreeSet<(&str, &str)> = linked
        .lines()
        .filter_map(|line| line.split_once(" v"))
        .map(|(name, rest)| (name, rest.split(' ').next().unwrap_or_default()))
        .collect();
    // Our own crates are the program itself.
    let foreign = list(metadata, "/packages")?
        .iter()
        .filter(|package| linked.contains(&(text(package, "name"), text(package, "version"))))
        .filter(|package| !text(package, "source").is_empty());
    Ok(foreign
        .map(|package| Part {
            name: text(package, "name").to_owned(),
            version: text(package, "version").to_owned(),
            licence: expression(text(package, "license")),
            registry: "cargo",
            folder: text(package, "manifest_path")
                .trim_end_matches("Cargo.toml")
                .to_owned(),
        })
        .collect())
}

/// Finds the packages that the page is made of: `lock` is `package-lock.json`, in `folder`.
pub(crate) fn page_packages(lock: &Value, folder: &str) -> Result<BTreeSet<Part>> {
    let packages = lock
        .get("packages")
        .and_then(Value::as_object)
        .context("no packages in the lock file")?;
    Ok(packages
        .iter()
        .filter(|(path, package)| {
            !path.is_empty()
                && ["dev", "optional", "peer"]
                    .iter()
                    .all(|kind| package.get(*kind).is_none())
        })
        .map(|(path, package)| Part {
            name: path.rsplit("node_modules/").next().unwrap_or_default().to_owned(),
            version: text(package, "version").to_owned(),
            licence: text(package, "license").to_owned(),
            registry: "npm",
            folder: format!("{folder}/{path}/"),
        })
        .collect())
}

/// Writes the document; `made_at` is a time in ISO 8601.
pub(crate) fn cyclonedx(version: &str, made_at: &str, parts: &BTreeSet<Part>) -> Value {
    let components: Vec<Value> = parts
        .iter()
        .map(|part| {
            json!({
                "type": "library",
                "bom-ref": part.purl(),
                "name": part.name,
                "version": part.version,
                "purl": part.purl(),
                "licenses": [{ "expression": part.licence }],
            })
        })
        .collect();
    json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "timestamp": made_at,
            "component": {
                "type": "application", "bom-ref": "streamgate", "name": "streamgate", "version": version,
                "licenses": [{ "expression": "MIT OR Apache-2.0" }],
            },
        },
        "components": components,
        "dependencies": [{
            "ref": "streamgate", "dependsOn": parts.iter().map(Part::purl).collect::<Vec<_>>(),
        }],
    })
}

/// The licences as an SPDX expression; crates of old part them with a slash.
fn expression(licence: &str) -> String {
    let parted = licence.replace('/', " OR ");
    parted.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn list<'a>(value: &'a Value, pointer: &str) -> Result<&'a Vec<Value>> {
    value
        .pointer(pointer)
        .and_then(Value::as_array)
        .with_context(|| format!("no list at {pointer}"))
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, source: &Value) -> Value {
        json!({ "name": name, "version": "1.0.0", "license": "MIT / Apache-2.0", "source": source,
                "manifest_path": format!("/r/{name}/Cargo.toml") })
    }

    // Z-06
    #[test]
    fn what_is_linked_is_in_and_what_builds_or_tests_is_not() {
        let registry = json!("registry");
        let metadata = json!({ "packages": [
            package("ours", &Value::Null), package("part", &registry), package("deep", &registry),
            package("tool", &registry),
        ] });
        let linked = "ours v1.0.0 (/w/ours)\npart v1.0.0\ndeep v1.0.0 (proc-macro)\ntool v2.0.0\n";
        let parts = crates(&metadata, linked).unwrap();
        let names: Vec<&str> = parts.iter().map(|part| part.name.as_str()).collect();
        assert_eq!(names, ["deep", "part"]);
        let document = cyclonedx("0.1.0", "2026-01-01T00:00:00Z", &parts);
        assert_eq!(document["components"][0]["purl"], "pkg:cargo/deep@1.0.0");
        assert_eq!(
            document["components"][0]["licenses"][0]["expression"],
            "MIT OR Apache-2.0"
        );
    }

    #[test]
    fn packages_of_the_page_are_those_that_reach_the_browser() {
        let lock = json!({ "packages": {
            "": { "name": "page" },
            "node_modules/@scope/a": { "version": "1.0.0", "license": "MIT" },
            "node_modules/b/node_modules/c": { "version": "2.0.0", "license": "ISC" },
            "node_modules/vite": { "version": "3.0.0", "dev": true },
        } });
        let parts = page_packages(&lock, "web").unwrap();
        let purls: Vec<String> = parts.iter().map(Part::purl).collect();
        assert_eq!(purls, ["pkg:npm/%40scope/a@1.0.0", "pkg:npm/c@2.0.0"]);
    }
}
