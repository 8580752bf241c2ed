//! Rebuilds the crate when what it embeds changes: `sqlx::migrate!` and `rust-embed` do not notice new files.

fn main() {
    println!("cargo::rerun-if-changed=migrations");
    println!("cargo::rerun-if-changed=../../web/dist");
}
