//! Signatures of compiled tables (Ed25519), which stand beside the table in a file of their own.
//!
//! Takes in the bytes of a table and keys in PEM, gives out signatures and tables whose signature is right.
//! What a table means is not known here; neither are files, nor how keys are kept. Keys and signatures
//! are those of RFC 8032 and RFC 8410, so that other tools make and check them, too.

use ed25519_dalek::pkcs8::{DecodePrivateKey as _, DecodePublicKey as _};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};

use crate::table::{LoadTableError, Table};

/// How many bytes a signature has.
pub const SIGNATURE_BYTES: usize = ed25519_dalek::SIGNATURE_LENGTH;

/// Why a key or a signature is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// The text is no key of the kind that is asked for.
    #[error("this is no {0} for Ed25519 in PEM")]
    BadKey(&'static str),
    /// The signature has another length.
    #[error("a signature has {SIGNATURE_BYTES} bytes, this one has {0}")]
    BadLength(usize),
    /// The bytes are others than those that were signed, or another key signed them.
    #[error("the signature does not belong to these bytes and this key")]
    Mismatch,
    /// The signature is right, but the bytes are no table that can be loaded.
    #[error(transparent)]
    Load(#[from] LoadTableError),
}

/// A key that signs. Never shown.
pub struct SecretKey(SigningKey);

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretKey")
    }
}

impl SecretKey {
    /// Reads a key, `-----BEGIN PRIVATE KEY-----`, as `openssl genpkey -algorithm ed25519` writes it.
    ///
    /// # Errors
    ///
    /// When the text is no such key.
    pub fn from_pem(text: &str) -> Result<Self, SignError> {
        let key = SigningKey::from_pkcs8_pem(text);
        key.map(Self).map_err(|_| SignError::BadKey("private key"))
    }

    /// Signs the bytes of a table.
    #[must_use]
    pub fn sign(&self, bytes: &[u8]) -> [u8; SIGNATURE_BYTES] {
        self.0.sign(bytes).to_bytes()
    }
}

/// A key that checks signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Reads a key, `-----BEGIN PUBLIC KEY-----`, as `openssl pkey -pubout` writes it.
    ///
    /// # Errors
    ///
    /// When the text is no such key.
    pub fn from_pem(text: &str) -> Result<Self, SignError> {
        let key = VerifyingKey::from_public_key_pem(text);
        key.map(Self).map_err(|_| SignError::BadKey("public key"))
    }

    /// Whether this key's owner signed exactly these bytes.
    ///
    /// # Errors
    ///
    /// When not.
    pub fn verify(&self, bytes: &[u8], signature: &[u8]) -> Result<(), SignError> {
        let length = signature.len();
        let signature = signature.try_into().map_err(|_| SignError::BadLength(length))?;
        let signature = Signature::from_bytes(signature);
        self.0.verify_strict(bytes, &signature).map_err(|_| SignError::Mismatch)
    }

    /// Loads a table that this key's owner signed. Bytes whose signature is wrong are not looked at.
    ///
    /// ```
    /// # let key = mam::sign::SecretKey::from_pem("-----BEGIN PRIVATE KEY-----\n\
    /// #     MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n\
    /// #     -----END PRIVATE KEY-----\n")?;
    /// let table = mam::compile("notes.mam", "mam 1\napp notes { sdk }\nusers staff\n\
    ///     policy p { for staff  protect notes }")?;
    /// let bytes = table.to_bytes();
    /// let signature = key.sign(&bytes);
    ///
    /// let public = mam::sign::PublicKey::from_pem("-----BEGIN PUBLIC KEY-----\n\
    ///     MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n\
    ///     -----END PUBLIC KEY-----\n")?;
    /// let loaded = public.load(&bytes, &signature)?;
    /// assert_eq!(loaded.stats(), table.stats());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When the signature is wrong, or the table cannot be loaded.
    pub fn load(&self, bytes: &[u8], signature: &[u8]) -> Result<Table, SignError> {
        self.verify(bytes, signature)?;
        Ok(Table::from_bytes(bytes)?)
    }
}
