//! Requests in columns: Parquet and Arrow IPC files, one of them or a folder.
//!
//! Takes in a path and names for columns, gives out pieces, each of a file's row groups or batches by itself,
//! and reads a piece as record batches of the columns that requests have. Folders of the form `key=value`
//! are columns, too. Does not know how requests are decided.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, DictionaryArray, Int32Array, RecordBatch, StringArray};
use arrow_ipc::reader::{FileReader, StreamReader};
use arrow_schema::{ArrowError, DataType, Schema, SchemaRef};
use mam::columnar::request_columns;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};

use super::files::cannot_read;
use super::formats::{Format, format_of};
use crate::failure::{Failure, io_reason};

/// Number of rows of a batch.
const ROWS: usize = 1 << 16;

/// Depth of folders that are looked into.
const DEPTH: usize = 32;

/// The value of a partition that is null, as Hive names it.
const NULL_PARTITION: &str = "__HIVE_DEFAULT_PARTITION__";

/// Files of requests in columns.
#[derive(Debug)]
pub(crate) struct ColumnFiles {
    files: Vec<ColumnFile>,
    names: Vec<ColumnName>,
    /// Length of all files in bytes.
    pub(crate) length: u64,
}

/// A file, with the columns that its folders are.
#[derive(Debug, Clone)]
struct ColumnFile {
    path: PathBuf,
    partitions: Vec<(String, String)>,
}

/// The name that a column of requests has in files: `source=src_app`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ColumnName {
    request: String,
    file: String,
}

impl std::str::FromStr for ColumnName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (request, file) = text
            .split_once('=')
            .ok_or("write it as `source=src_app`: the column, then its name")?;
        let known = [request_columns(false), request_columns(true)].concat();
        if !known.contains(&request) {
            return Err(format!("no request has a column `{request}`"));
        }
        Ok(Self { request: request.to_owned(), file: file.to_owned() })
    }
}

/// Part of a file that is read by itself.
#[derive(Debug)]
pub(crate) struct Piece {
    /// Number of its first row, from 1, over all files.
    pub(crate) first_row: u64,
    /// Its share of the file's length in bytes.
    pub(crate) bytes: u64,
    content: Content,
}

#[derive(Debug)]
enum Content {
    RowGroup(Arc<ParquetFile>, usize),
    Batch(RecordBatch),
}

/// A Parquet file whose columns are known.
#[derive(Debug)]
struct ParquetFile {
    file: ColumnFile,
    metadata: ArrowReaderMetadata,
    columns: Chosen,
}

/// The columns that are read of a file: their places and names, and those that its folders are.
#[derive(Debug, Clone, Default)]
struct Chosen {
    places: Vec<(usize, &'static str)>,
    partitions: Vec<(&'static str, Option<String>)>,
}

impl ColumnFiles {
    /// Finds the files of a path: itself, or all in a folder, in the order of their names. Names that begin
    /// with `.` or `_` are left out.
    ///
    /// # Errors
    ///
    /// When a folder cannot be read, or has no file of requests.
    pub(crate) fn open(argument: &OsStr, names: &[ColumnName]) -> Result<Self, Failure> {
        let mut files = Vec::new();
        gather(Path::new(argument), &mut Vec::new(), DEPTH, &mut files)?;
        if files.is_empty() {
            return Err(Failure::new(cannot_read(argument, "no file is in it")));
        }
        let length = files.iter().filter_map(|file| fs::metadata(&file.path).ok());
        let length = length.map(|file| file.len()).sum();
        Ok(Self { files, names: names.to_vec(), length })
    }

    /// Gives out the pieces of all files, in order, until the one who takes them has enough.
    ///
    /// # Errors
    ///
    /// When a file cannot be read, or has none of the columns of requests.
    pub(crate) fn deal(&self, mut take: impl FnMut(Piece) -> bool) -> Result<(), Failure> {
        let mut first_row = 1;
        for file in &self.files {
            let go_on = match format_of(file.path.as_os_str()) {
                Some(Format::Parquet) => self.deal_parquet(file, &mut first_row, &mut take)?,
                Some(Format::IpcFile) => {
                    let reader = file.open().and_then(|one| {
                        FileReader::try_new(BufReader::new(one), None).map_err(|e| file.damaged(&e))
                    })?;
                    let schema = reader.schema();
                    self.deal_batches(file, (reader, schema), &mut first_row, &mut take)?
                }
                Some(Format::IpcStream) => {
                    let reader = file.open().and_then(|one| {
                        StreamReader::try_new(BufReader::new(one), None)
                            .map_err(|e| file.damaged(&e))
                    })?;
                    let schema = reader.schema();
                    self.deal_batches(file, (reader, schema), &mut first_row, &mut take)?
                }
                None => return Err(file.failure("it is neither Parquet nor Arrow IPC")),
            };
            if !go_on {
                break;
            }
        }
        Ok(())
    }

    fn deal_parquet(
        &self,
        file: &ColumnFile,
        first_row: &mut u64,
        take: &mut impl FnMut(Piece) -> bool,
    ) -> Result<bool, Failure> {
        let handle = file.open()?;
        let metadata = ArrowReaderMetadata::load(&handle, ArrowReaderOptions::new());
        let metadata = metadata.map_err(|error| file.damaged(&error))?;
        let columns = self.chosen(file, metadata.schema())?;
        let with_dictionaries =
            ArrowReaderOptions::new().with_schema(dictionaries(metadata.schema(), &columns));
        // What cannot be read as a dictionary is read as it is.
        let metadata = ArrowReaderMetadata::try_new(metadata.metadata().clone(), with_dictionaries)
            .unwrap_or(metadata);
        let parquet = Arc::new(ParquetFile { file: file.clone(), metadata, columns });
        for (index, group) in parquet.metadata.metadata().row_groups().iter().enumerate() {
            let bytes = u64::try_from(group.compressed_size()).unwrap_or(0);
            let content = Content::RowGroup(Arc::clone(&parquet), index);
            if !take(Piece { first_row: *first_row, bytes, content }) {
                return Ok(false);
            }
            *first_row += u64::try_from(group.num_rows()).unwrap_or(0);
        }
        Ok(true)
    }

    fn deal_batches(
        &self,
        file: &ColumnFile,
        (batches, schema): (impl Iterator<Item = Result<RecordBatch, ArrowError>>, SchemaRef),
        first_row: &mut u64,
        take: &mut impl FnMut(Piece) -> bool,
    ) -> Result<bool, Failure> {
        let columns = self.chosen(file, &schema)?;
        for batch in batches {
            let batch = batch.map_err(|error| file.damaged(&error))?;
            let arrays = columns.places.iter().map(|(at, name)| (*name, batch.column(*at).clone()));
            let batch = columns.batch(arrays.collect(), batch.num_rows());
            let batch = batch.map_err(|error| file.damaged(&error))?;
            for start in (0..batch.num_rows()).step_by(ROWS) {
                let batch = batch.slice(start, ROWS.min(batch.num_rows() - start));
                let rows = batch.num_rows() as u64;
                let bytes = batch.get_array_memory_size() as u64;
                let content = Content::Batch(batch);
                if !take(Piece { first_row: *first_row, bytes, content }) {
                    return Ok(false);
                }
                *first_row += rows;
            }
        }
        Ok(true)
    }

    /// The columns of a file that requests have: of accesses if the app that is opened is among them.
    fn chosen(&self, file: &ColumnFile, schema: &SchemaRef) -> Result<Chosen, Failure> {
        let stored_name = |column: &str| {
            let renamed = self.names.iter().find(|one| one.request == column);
            renamed.map_or(column.to_owned(), |one| one.file.clone())
        };
        let place = |name: &str| schema.fields().iter().position(|field| field.name() == name);
        let partition = |name: &str| file.partitions.iter().find(|(key, _)| key == name);
        let has = |column: &str| {
            let name = stored_name(column);
            place(&name).is_some() || partition(&name).is_some()
        };
        if let Some(missing) = self.names.iter().find(|one| !has(&one.request)) {
            return Err(file.failure(&format!("it has no column `{}`", missing.file)));
        }
        let mut chosen = Chosen::default();
        for column in request_columns(has("launch_app") && !has("channel")) {
            let name = stored_name(column);
            if let Some(at) = place(&name) {
                chosen.places.push((at, column));
            } else if let Some((_, value)) = partition(&name) {
                let value = Some(value.clone()).filter(|value| value != NULL_PARTITION);
                chosen.partitions.push((column, value));
            }
        }
        Ok(chosen)
    }
}

impl Chosen {
    /// A batch of columns of a file with those that its folders are.
    fn batch(
        &self,
        mut columns: Vec<(&'static str, ArrayRef)>,
        rows: usize,
    ) -> Result<RecordBatch, ArrowError> {
        for (name, value) in &self.partitions {
            let keys = Int32Array::from(vec![value.as_ref().map(|_| 0); rows]);
            let values = Arc::new(StringArray::from(vec![value.clone().unwrap_or_default()]));
            let column = DictionaryArray::<Int32Type>::try_new(keys, values)?;
            columns.push((name, Arc::new(column)));
        }
        let columns = columns.into_iter().map(|(name, column)| (name, column, true));
        RecordBatch::try_from_iter_with_nullable(columns)
    }
}

impl ColumnFile {
    fn open(&self) -> Result<File, Failure> {
        File::open(&self.path).map_err(|error| self.failure(&io_reason(&error)))
    }

    fn failure(&self, reason: &str) -> Failure {
        Failure::new(cannot_read(self.path.as_os_str(), reason))
    }

    fn damaged(&self, error: &dyn std::error::Error) -> Failure {
        self.failure(&format!("it is damaged: {error}"))
    }
}

impl Piece {
    /// Shows each batch of the piece, with the number of its first row.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or `visit` fails.
    pub(crate) fn visit(
        self,
        mut visit: impl FnMut(RecordBatch, u64) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let (parquet, group) = match self.content {
            Content::Batch(batch) => return visit(batch, self.first_row),
            Content::RowGroup(parquet, group) => (parquet, group),
        };
        let ParquetFile { file, metadata, columns } = &*parquet;
        let builder =
            ParquetRecordBatchReaderBuilder::new_with_metadata(file.open()?, metadata.clone());
        let places = columns.places.iter().map(|(at, _)| *at);
        let mask = ProjectionMask::roots(builder.parquet_schema(), places);
        let reader =
            builder.with_projection(mask).with_row_groups(vec![group]).with_batch_size(ROWS);
        let reader = reader.build().map_err(|error| file.damaged(&error))?;
        // Columns come in the order of the file.
        let mut names = columns.places.clone();
        names.sort_unstable();
        let mut first_row = self.first_row;
        for batch in reader {
            let batch = batch.map_err(|error| file.damaged(&error))?;
            let arrays = names.iter().zip(batch.columns());
            let arrays = arrays.map(|((_, name), column)| (*name, Arc::clone(column))).collect();
            let batch = columns.batch(arrays, batch.num_rows());
            let batch = batch.map_err(|error| file.damaged(&error))?;
            let rows = batch.num_rows() as u64;
            visit(batch, first_row)?;
            first_row += rows;
        }
        Ok(())
    }
}

/// The schema of a file with dictionaries for text in the columns that are read: most of it is repeated.
fn dictionaries(schema: &SchemaRef, columns: &Chosen) -> SchemaRef {
    let dictionary = |of: &DataType| match of {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
            DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
        }
        other => other.clone(),
    };
    let fields = schema.fields().iter().enumerate().map(|(at, field)| {
        let field = field.as_ref().clone();
        if !columns.places.iter().any(|(place, _)| *place == at) {
            return field;
        }
        let data_type = match field.data_type() {
            DataType::List(item) => {
                let item = item.as_ref().clone();
                let inner = dictionary(item.data_type());
                DataType::List(Arc::new(item.with_data_type(inner)))
            }
            other => dictionary(other),
        };
        field.with_data_type(data_type)
    });
    Arc::new(Schema::new_with_metadata(fields.collect::<Vec<_>>(), schema.metadata().clone()))
}

/// Finds the files below a path.
fn gather(
    path: &Path,
    partitions: &mut Vec<(String, String)>,
    depth: usize,
    found: &mut Vec<ColumnFile>,
) -> Result<(), Failure> {
    let failure = |reason: &str| Failure::new(cannot_read(path.as_os_str(), reason));
    if !path.is_dir() {
        found.push(ColumnFile { path: path.to_owned(), partitions: partitions.clone() });
        return Ok(());
    }
    if depth == 0 {
        return Err(failure("its folders are nested too deeply"));
    }
    let entries = fs::read_dir(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let entries = entries.map_err(|error| failure(&io_reason(&error)))?;
    let mut names: Vec<OsString> = entries.iter().map(fs::DirEntry::file_name).collect();
    names.sort_unstable();
    for name in names {
        let text = name.to_string_lossy();
        if text.starts_with(['.', '_']) {
            continue;
        }
        let key = text.split_once('=').map(|(key, value)| (key.to_owned(), decoded(value)));
        let is_partition = key.is_some() && path.join(&name).is_dir();
        partitions.extend(key.filter(|_| is_partition));
        gather(&path.join(&name), partitions, depth - 1, found)?;
        if is_partition {
            partitions.pop();
        }
    }
    Ok(())
}

/// The value of a partition: in names of folders, some characters are written as `%` and two digits.
fn decoded(value: &str) -> String {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let digits = behind.split_at_checked(2).filter(|_| *first == b'%');
        let escaped = digits.and_then(|(digits, behind)| {
            let digits = std::str::from_utf8(digits).ok()?;
            Some((u8::from_str_radix(digits, 16).ok()?, behind))
        });
        let (byte, behind) = escaped.unwrap_or((*first, behind));
        bytes.push(byte);
        rest = behind;
    }
    String::from_utf8(bytes).unwrap_or_else(|_| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_are_read_as_they_were_written() {
        assert_eq!(decoded("a%3Db%2fc"), "a=b/c");
        assert_eq!(decoded("50%"), "50%");
        assert_eq!(decoded("%zz%ff"), "%zz%ff");
    }

    #[test]
    fn a_name_is_of_a_column_that_requests_have() {
        let name: ColumnName = "source=src_app".parse().unwrap();
        assert_eq!((name.request.as_str(), name.file.as_str()), ("source", "src_app"));
        assert!("source".parse::<ColumnName>().is_err());
        assert!("weather=x".parse::<ColumnName>().unwrap_err().contains("no request"));
    }
}
