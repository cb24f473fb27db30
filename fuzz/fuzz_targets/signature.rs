//! Any bytes as a key, a signature and a table: nothing is accepted but what was signed.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use mam::sign::{PublicKey, SIGNATURE_BYTES, SecretKey};

/// A table with its key and signature.
struct Signed {
    key: PublicKey,
    table: Vec<u8>,
    signature: [u8; SIGNATURE_BYTES],
}

static SIGNED: LazyLock<Signed> = LazyLock::new(|| {
    let secret = include_str!("../../tests/cli/table.in/key.pem");
    let public = include_str!("../../tests/cli/table.in/public.pem");
    let secret = SecretKey::from_pem(secret).expect("a key");
    let key = PublicKey::from_pem(public).expect("a key");
    let table = mam::compile("fuzz.mam", include_str!("../seeds/limits.mam")).expect("it compiles");
    let table = table.to_bytes();
    let signature = secret.sign(&table);
    Signed { key, table, signature }
});

fuzz_target!(|bytes: &[u8]| {
    let signed = &*SIGNED;
    if let Ok(text) = std::str::from_utf8(bytes) {
        // Whatever is read as a key signs and verifies, or is refused.
        let _ = (SecretKey::from_pem(text).is_ok(), PublicKey::from_pem(text).is_ok());
    }
    let is_own = bytes == signed.signature;
    assert_eq!(signed.key.verify(&signed.table, bytes).is_ok(), is_own);
    // Some bytes are changed, at places and by values that the input names.
    let (mut table, mut signature) = (signed.table.clone(), signed.signature);
    for change in bytes.chunks_exact(3) {
        let at = usize::from(u16::from_le_bytes([change[0], change[1]]));
        let length = table.len();
        match at % 2 {
            0 => table[at % length] ^= change[2],
            _ => signature[at % SIGNATURE_BYTES] ^= change[2],
        }
    }
    let is_whole = table == signed.table && signature == signed.signature;
    assert_eq!(signed.key.load(&table, &signature).is_ok(), is_whole);
});
