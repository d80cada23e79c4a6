struct Source;

cofferdam_sdk::export_source!(&Source);

fn main() {}
