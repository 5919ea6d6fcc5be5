//! stub
mod server;
fn main() {}
