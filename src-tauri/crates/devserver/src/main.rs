//! Windlass for a browser on this computer: the same API as the window, on loopback with a token.
mod server;

fn main() {}
