//! Links between our documents: what they point to is there.

use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::web::files_under;
use crate::workspace;

/// Folders of what is made or fetched, and of a text that is filled into a document elsewhere.
const LEFT_OUT: &[&str] = &["target", "node_modules", "dist", ".git", "bench/src"];

/// Fails naming the links in the repository's Markdown files that lead nowhere.
pub(crate) fn check() -> Result<()> {
    check_in(workspace::root())
}

/// The same for the files in another folder.
pub(crate) fn check_in(root: &Path) -> Result<()> {
    let mut found = Vec::new();
    for document in files_under(root, &|path| is_wanted(path))? {
        let text = std::fs::read_to_string(&document)
            .with_context(|| format!("{} cannot be read", document.display()))?;
        let folder = document.parent().unwrap_or(root);
        let dead = targets(&text).filter(|target| !leads_somewhere(folder, target));
        let name = document.strip_prefix(root).unwrap_or(&document).display();
        found.extend(dead.map(|target| format!("{name}: the link to {target} leads nowhere")));
    }
    ensure!(found.is_empty(), "{}", found.join("\n"));
    Ok(())
}

fn is_wanted(path: &Path) -> bool {
    if path.is_dir() {
        return !LEFT_OUT.iter().any(|name| path.ends_with(name));
    }
    path.extension().is_some_and(|extension| extension == "md")
}

/// The targets of `[text](target)` and `![text](target)`.
fn targets(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).filter_map(|rest| rest.split(')').next())
}

fn leads_somewhere(folder: &Path, target: &str) -> bool {
    let path = target.split('#').next().unwrap_or_default();
    path.is_empty()
        || target.contains("://")
        || target.starts_with("mailto:")
        || folder.join(path).try_exists().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_to_a_file_a_heading_or_another_site() {
        let text = "[a](../xtask) ![b](Cargo.toml#x) [c](#here) [d](https://example.org/x) [e](no/where.md)";
        let folder = workspace::root().join("xtask");
        let dead: Vec<&str> = targets(text)
            .filter(|target| !leads_somewhere(&folder, target))
            .collect();
        assert_eq!(dead, ["no/where.md"]);
    }

    #[test]
    fn no_link_of_ours_is_dead() {
        check().unwrap();
    }
}
