//! `mam sign` and `mam verify`: signatures of compiled tables.
//!
//! Takes in tables, keys and signatures as files, gives out a signature or the result of checking one. Does
//! not know the method of signing.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use mam::Limits;
use mam::sign::{PublicKey, SecretKey, SignError};

use crate::failure::{Failure, Status};
use crate::input::files::{self, cannot_read, display};
use crate::render::terminal::Terminal;
use crate::write;

const AFTER_SIGN: &str = "\
Examples:
  openssl genpkey -algorithm ed25519 -out key.pem        once: a private key
  openssl pkey -in key.pem -pubout -out public.pem       its public key
  mam compile contoso.mam -o contoso.mamc
  mam sign contoso.mamc --key key.pem                    writes contoso.mamc.sig

A signature (Ed25519) is 64 bytes in a file of its own. Apps check it before they load the table,
with the crate's feature `sign`; `openssl pkeyutl -verify -rawin` checks it, too.

Exit status: 0 signed; 2 wrong usage, or a file cannot be read or written, or is no table or key.";

const AFTER_VERIFY: &str = "\
Examples:
  mam verify contoso.mamc --key public.pem
  mam verify contoso.mamc --key public.pem --signature mail.sig

Exit status: 0 the table was signed with the private key of this public key, and can be loaded; 1 it
was not; 2 wrong usage, or a file cannot be read, or is no table or key.";

/// Sign a compiled table
///
/// Writes a signature beside it, so that devices can tell that the table is yours.
#[derive(Debug, clap::Args)]
#[command(after_long_help = AFTER_SIGN)]
pub(crate) struct SignArgs {
    /// The compiled table
    #[arg(value_name = "TABLE")]
    table: OsString,

    /// The private key, in PEM
    #[arg(long, value_name = "PEM")]
    key: OsString,

    /// Write the signature to this file instead of TABLE.sig
    #[arg(long, short, value_name = "FILE")]
    output: Option<OsString>,
}

/// Check the signature of a compiled table
///
/// Tells whether the table is the one that was signed, and can be loaded.
#[derive(Debug, clap::Args)]
#[command(after_long_help = AFTER_VERIFY)]
pub(crate) struct VerifyArgs {
    /// The compiled table
    #[arg(value_name = "TABLE")]
    table: OsString,

    /// The public key, in PEM
    #[arg(long, value_name = "PEM")]
    key: OsString,

    /// The signature, if it is not in TABLE.sig
    #[arg(long, value_name = "FILE")]
    signature: Option<OsString>,
}

pub(crate) fn sign(args: &SignArgs, terminal: &mut Terminal) -> Result<Status, Failure> {
    let bytes = table(&args.table)?;
    // A table that cannot be loaded is not signed.
    files::load(&args.table, &bytes)?;
    let key = files::read(&args.key, &Limits::default())?;
    let key = SecretKey::from_pem(&key).map_err(|error| no_key(&args.key, &error))?;
    let output = args.output.clone().unwrap_or_else(|| beside(&args.table));
    write::write(Path::new(&output), &display(&output), &key.sign(&bytes))?;
    terminal.line(format!("wrote {}", display(&output)));
    Ok(Status::Success)
}

pub(crate) fn verify(args: &VerifyArgs, terminal: &mut Terminal) -> Result<Status, Failure> {
    let bytes = table(&args.table)?;
    let key = files::read(&args.key, &Limits::default())?;
    let key = PublicKey::from_pem(&key).map_err(|error| no_key(&args.key, &error))?;
    let beside = args.signature.clone().unwrap_or_else(|| beside(&args.table));
    let signature = files::bytes(&beside, &Limits::default())?;
    match key.load(&bytes, &signature) {
        Ok(_) => {
            terminal.line(format!("{} is signed with this key", display(&args.table)));
            Ok(Status::Success)
        }
        Err(SignError::Load(error)) => {
            Err(Failure::with_help(files::cannot_load(&args.table, &error), error.help()))
        }
        Err(error) => {
            terminal.error(&format!("{}: {error}", display(&args.table)), None);
            Ok(Status::Negative)
        }
    }
}

/// The failure for a file that is no key.
fn no_key(file: &OsStr, error: &SignError) -> Failure {
    Failure::with_help(cannot_read(file, &error.to_string()), error.help())
}

/// The bytes of a compiled table.
fn table(argument: &OsStr) -> Result<Vec<u8>, Failure> {
    let bytes = files::table_bytes(argument, &Limits::default())?;
    bytes.ok_or_else(|| {
        let message = format!("`{}` is no compiled table", display(argument));
        Failure::with_help(message, "`mam compile` writes tables")
    })
}

/// Path of the signature beside a table.
fn beside(table: &OsStr) -> OsString {
    let mut name = table.to_owned();
    name.push(".sig");
    name
}
