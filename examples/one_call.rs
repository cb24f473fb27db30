//! The shortest way from a policy to an answer, as JSON in and out.
//!
//! Run it with `cargo run --example one_call`.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let table = mam::compile("contoso.mam", include_str!("contoso.mam"))?;
    let request = serde_json::from_str(
        r#"{"channel": "share",
            "source": {"app": "outlook", "account": "work"},
            "target": {"app": "ios:net.whatsapp.WhatsApp"},
            "user": {"groups": ["staff"]},
            "device": {"platform": "ios", "management": "unmanaged"}}"#,
    )?;
    println!("{}", serde_json::to_string_pretty(&table.answer(&request)?)?);
    Ok(())
}
