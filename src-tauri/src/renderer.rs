//! How the web view draws. Only Linux needs a word about it.

/// Name of the variable that WebKitGTK reads.
#[cfg(target_os = "linux")]
const DMABUF: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";

/// Turns off the DMA-BUF renderer unless the person has set its variable.
///
/// On machines without a graphics card (virtual machines, remote desktops) WebKitGTK draws 6 pictures a second with it and
/// 80 without. The variable must be there before GTK starts. A program cannot change its own environment safely, so it
/// starts itself again once, in the same process: `exec` keeps the process id, the standard streams and the arguments.
pub fn settle() {
    #[cfg(target_os = "linux")]
    {
        use std::os::unix::process::CommandExt as _;

        if std::env::var_os(DMABUF).is_some() {
            return;
        }
        let Ok(program) = std::env::current_exe() else { return };
        let error =
            std::process::Command::new(program).args(std::env::args_os().skip(1)).env(DMABUF, "1").exec();
        // `exec` returns only when it failed; drawing slowly is better than not at all.
        eprintln!("Windlass draws with the default renderer: {error}");
    }
}
