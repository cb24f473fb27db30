//! Signatures of compiled tables (Ed25519), kept beside the table in files of their own.
//!
//! Takes in the bytes of a table and keys in PEM, gives out signatures, and tables with a valid
//! signature. Does not know the contents of tables, files, and the storage of keys. Keys and
//! signatures follow RFC 8032 and RFC 8410, so that other tools can make and verify them.

use ed25519_dalek::pkcs8::{DecodePrivateKey as _, DecodePublicKey as _};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};

use crate::table::{LoadTableError, Table};

/// The length of a signature in bytes.
pub const SIGNATURE_BYTES: usize = ed25519_dalek::SIGNATURE_LENGTH;

/// The error for a key or a signature that is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// The text is no private Ed25519 key in PEM.
    #[error("this is no private key for Ed25519 in PEM")]
    BadPrivateKey,
    /// The text is no public Ed25519 key in PEM.
    #[error("this is no public key for Ed25519 in PEM")]
    BadPublicKey,
    /// The signature has another length than [`SIGNATURE_BYTES`].
    #[error("a signature has {SIGNATURE_BYTES} bytes, this one has {0}")]
    BadLength(usize),
    /// The signature is for other bytes or by another key.
    #[error("the signature does not belong to these bytes and this key")]
    Mismatch,
    /// The signature is valid, but the bytes are no table that can be loaded.
    #[error(transparent)]
    Load(#[from] LoadTableError),
}

impl SignError {
    /// The stable code of the error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::BadPrivateKey | Self::BadPublicKey => "mam::sign::bad-key",
            Self::BadLength(_) => "mam::sign::bad-length",
            Self::Mismatch => "mam::sign::mismatch",
            Self::Load(error) => error.code(),
        }
    }

    /// The help: one sentence in the imperative.
    #[must_use]
    pub const fn help(&self) -> &'static str {
        match self {
            Self::BadPrivateKey => "`openssl genpkey -algorithm ed25519 -out key.pem` makes one",
            Self::BadPublicKey => "`openssl pkey -in key.pem -pubout -out public.pem` writes one",
            Self::BadLength(_) => "take the signature as `mam sign` wrote it, byte by byte",
            Self::Mismatch => "do not use the table; sign it again if it is meant to have changed",
            Self::Load(error) => error.help(),
        }
    }
}

/// A private key. `Debug` does not show it.
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
    /// [`SignError::BadPrivateKey`] if the text is no such key.
    pub fn from_pem(text: &str) -> Result<Self, SignError> {
        let key = SigningKey::from_pkcs8_pem(text);
        key.map(Self).map_err(|_| SignError::BadPrivateKey)
    }

    /// The signature of a table's bytes.
    #[must_use]
    pub fn sign(&self, bytes: &[u8]) -> [u8; SIGNATURE_BYTES] {
        self.0.sign(bytes).to_bytes()
    }
}

/// A public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Reads a key, `-----BEGIN PUBLIC KEY-----`, as `openssl pkey -pubout` writes it.
    ///
    /// # Errors
    ///
    /// [`SignError::BadPublicKey`] if the text is no such key.
    pub fn from_pem(text: &str) -> Result<Self, SignError> {
        let key = VerifyingKey::from_public_key_pem(text);
        key.map(Self).map_err(|_| SignError::BadPublicKey)
    }

    /// Verifies that the owner of this key signed exactly these bytes.
    ///
    /// # Errors
    ///
    /// [`SignError::BadLength`] and [`SignError::Mismatch`] if not.
    pub fn verify(&self, bytes: &[u8], signature: &[u8]) -> Result<(), SignError> {
        let length = signature.len();
        let signature = signature.try_into().map_err(|_| SignError::BadLength(length))?;
        let signature = Signature::from_bytes(signature);
        self.0.verify_strict(bytes, &signature).map_err(|_| SignError::Mismatch)
    }

    /// Loads a table that the owner of this key signed. Bytes with an invalid signature are not read.
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
    /// Those of [`Self::verify`], and [`SignError::Load`] if the table cannot be loaded.
    pub fn load(&self, bytes: &[u8], signature: &[u8]) -> Result<Table, SignError> {
        self.verify(bytes, signature)?;
        Ok(Table::from_bytes(bytes)?)
    }
}
