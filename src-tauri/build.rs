//! Generates what Tauri needs. Runs in the root of the repository, so its paths start there.
fn main() {
    // Tauri does not watch folders other than its default ones by itself.
    println!("cargo:rerun-if-changed=src-tauri/capabilities");
    println!("cargo:rerun-if-changed=src-tauri/permissions");
    let attributes = tauri_build::Attributes::new()
        .capabilities_path_pattern("./src-tauri/capabilities/**/*")
        .app_manifest(
            tauri_build::AppManifest::new().permissions_path_pattern("./src-tauri/permissions/**/*"),
        );
    if let Err(error) = tauri_build::try_build(attributes) {
        println!("cargo:warning=the Tauri build step failed: {error:#}");
        std::process::exit(1);
    }
}
