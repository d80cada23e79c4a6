cofferdam_sdk::export_source!();

fn main() {}
