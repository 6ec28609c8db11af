//! Objects of a layer: in S3, Google Cloud Storage, Azure, behind HTTP, or in a folder.
//!
//! ```text
//! PREFIX/manifest.json                 the files of the layer; replaced last
//! PREFIX/manifests/<digest>.json       every version that was kept
//! PREFIX/blobs/<digest>                the files
//! ```

use std::fs::{self, File};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures_util::StreamExt as _;
use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::http::HttpBuilder;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{
    ClientOptions, Error, ObjectStore, ObjectStoreExt as _, PutMode, PutOptions, RetryConfig,
    UpdateVersion,
};

use crate::problem::Problem;

pub(crate) const MANIFEST: &str = "manifest.json";

/// The place of a digest in a store.
pub(crate) fn blob(digest: &str) -> String {
    format!("blobs/{digest}")
}

/// The place of a version that was kept.
pub(crate) fn kept(digest: &str) -> String {
    format!("manifests/{digest}.json")
}

/// An object, and what tells whether it was replaced since.
#[derive(Debug)]
pub(crate) struct Object {
    pub(crate) bytes: Bytes,
    version: UpdateVersion,
}

/// Where a layer is.
#[derive(Debug)]
pub(crate) struct Store {
    /// As messages name it.
    location: String,
    objects: Arc<dyn ObjectStore>,
    prefix: Path,
    /// The folder of a store that is one; its conditional writes need a lock.
    folder: Option<PathBuf>,
    is_writable: bool,
}

/// Whether a conditional write has replaced the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Replaced {
    Yes,
    /// Someone else has replaced it since it was read.
    No,
}

impl Store {
    /// Opens the store at an address, with the credentials that the variables of the process hold.
    pub(crate) fn open(location: &str) -> Result<Self, Problem> {
        let failed = |error: Error| failure(location, None, &error);
        let (scheme, rest) = location.split_once("://").unwrap_or(("file", location));
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let retry = RetryConfig {
            max_retries: 3,
            retry_timeout: Duration::from_secs(60),
            ..RetryConfig::default()
        };
        let options = ClientOptions::new().with_timeout(Duration::from_secs(300));
        let mut folder = None;
        let mut prefix = path.to_owned();
        let objects: Arc<dyn ObjectStore> = match scheme {
            "s3" => {
                let builder = AmazonS3Builder::from_env().with_bucket_name(host).with_retry(retry);
                Arc::new(builder.build().map_err(failed)?)
            }
            "gs" => {
                let builder = GoogleCloudStorageBuilder::from_env().with_bucket_name(host);
                Arc::new(builder.with_retry(retry).build().map_err(failed)?)
            }
            "az" => {
                let builder = MicrosoftAzureBuilder::from_env().with_container_name(host);
                Arc::new(builder.with_retry(retry).build().map_err(failed)?)
            }
            "http" | "https" => {
                let options = options.with_allow_http(scheme == "http");
                let builder = HttpBuilder::new().with_url(format!("{scheme}://{host}"));
                let builder = builder.with_client_options(options).with_retry(retry);
                Arc::new(builder.build().map_err(failed)?)
            }
            _ => {
                let root = PathBuf::from(rest);
                prefix = String::new();
                folder = Some(root.clone());
                // A folder that is not there has no objects; the first push makes it.
                match LocalFileSystem::new_with_prefix(&root) {
                    Ok(objects) => Arc::new(objects),
                    Err(_) if !root.exists() => Arc::new(LocalFileSystem::new()),
                    Err(error) => return Err(failed(error)),
                }
            }
        };
        Ok(Self {
            location: location.to_owned(),
            objects,
            prefix: Path::parse(prefix.trim_matches('/')).map_err(|why| failed(why.into()))?,
            folder,
            is_writable: !matches!(scheme, "http" | "https"),
        })
    }

    /// Makes the folder of a store that is one, so that it can be written.
    pub(crate) fn prepare(mut self) -> Result<Self, Problem> {
        if !self.is_writable {
            let why =
                "servers for files are only read; push to `s3://`, `gs://`, `az://`, or `file://`";
            return Err(Problem::Other(format!("cannot push to `{}`: {why}", self.location)));
        }
        if let Some(folder) = &self.folder {
            let failed =
                |why: String| Problem::Other(format!("cannot push to `{}`: {why}", self.location));
            fs::create_dir_all(folder).map_err(|why| failed(why.to_string()))?;
            let objects = LocalFileSystem::new_with_prefix(folder);
            self.objects = Arc::new(objects.map_err(|why| failed(why.to_string()))?);
        }
        Ok(self)
    }

    fn path(&self, name: &str) -> Path {
        name.split('/').filter(|part| !part.is_empty()).fold(self.prefix.clone(), Path::join)
    }

    /// Reads an object; `None` if there is none.
    pub(crate) async fn get(&self, name: &str) -> Result<Option<Object>, Problem> {
        if self.folder.as_ref().is_some_and(|folder| !folder.exists()) {
            return Ok(None);
        }
        let failed = |error: &Error| failure(&self.location, Some(name), error);
        let found = match self.objects.get(&self.path(name)).await {
            Ok(found) => found,
            Err(Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(failed(&error)),
        };
        let version =
            UpdateVersion { e_tag: found.meta.e_tag.clone(), version: found.meta.version.clone() };
        let size = found.meta.size;
        let bytes = found.bytes().await.map_err(|error| failed(&error))?;
        if bytes.len() as u64 != size {
            let place = format!("`{name}` of `{}`", self.location);
            let received = bytes.len();
            return Err(Problem::Other(format!(
                "the transfer of {place} was interrupted: received {received} of {size} bytes; nothing was changed"
            )));
        }
        Ok(Some(Object { bytes, version }))
    }

    /// Writes an object whose content follows from its name.
    pub(crate) async fn put(&self, name: &str, bytes: Bytes) -> Result<(), Problem> {
        let written = self.objects.put(&self.path(name), bytes.into()).await;
        written.map(drop).map_err(|error| failure(&self.location, Some(name), &error))
    }

    /// Whether there is an object.
    pub(crate) async fn has(&self, name: &str) -> Result<bool, Problem> {
        match self.objects.head(&self.path(name)).await {
            Ok(_) => Ok(true),
            Err(Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(failure(&self.location, Some(name), &error)),
        }
    }

    /// Replaces an object if it is still the one that was read; `None` means that there was none.
    pub(crate) async fn replace(
        &self,
        name: &str,
        before: Option<&Object>,
        bytes: Bytes,
    ) -> Result<Replaced, Problem> {
        if let Some(folder) = &self.folder {
            return self.replace_locked(folder, name, before, bytes).await;
        }
        let mode = match before {
            None => PutMode::Create,
            Some(object) => PutMode::Update(object.version.clone()),
        };
        let options = PutOptions { mode, ..PutOptions::default() };
        match self.objects.put_opts(&self.path(name), bytes.into(), options).await {
            Ok(_) => Ok(Replaced::Yes),
            Err(Error::Precondition { .. } | Error::AlreadyExists { .. }) => Ok(Replaced::No),
            // S3 reports conditional writes at the same time so:
            // https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
            Err(Error::Generic { source, .. })
                if source.to_string().contains("ConditionalRequestConflict") =>
            {
                Ok(Replaced::No)
            }
            Err(error @ (Error::NotImplemented { .. } | Error::NotSupported { .. })) => {
                let why = "the store has no conditional writes, without which two pushes at once would lose files";
                Err(Problem::Other(format!("cannot push to `{}`: {why} ({error})", self.location)))
            }
            Err(error) => Err(failure(&self.location, Some(name), &error)),
        }
    }

    /// A file system has no conditional writes, but locks.
    async fn replace_locked(
        &self,
        folder: &std::path::Path,
        name: &str,
        before: Option<&Object>,
        bytes: Bytes,
    ) -> Result<Replaced, Problem> {
        let failed = |why: std::io::Error| {
            Problem::Other(format!("cannot push to `{}`: {why}", self.location))
        };
        let lock =
            File::options().create(true).truncate(false).write(true).open(folder.join(".lock"));
        let lock = lock.map_err(failed)?;
        lock.lock().map_err(failed)?;
        let now = self.get(name).await?;
        if now.as_ref().map(|object| &object.bytes) != before.map(|object| &object.bytes) {
            return Ok(Replaced::No);
        }
        self.put(name, bytes).await?;
        Ok(Replaced::Yes)
    }

    /// The names of the objects in a folder, each with its age.
    pub(crate) async fn list(&self, folder: &str) -> Result<Vec<(String, Duration)>, Problem> {
        let prefix = self.path(folder);
        let mut listed = self.objects.list(Some(&prefix));
        let mut names = Vec::new();
        while let Some(found) = listed.next().await {
            let meta = found.map_err(|error| failure(&self.location, Some(folder), &error))?;
            let age =
                SystemTime::now().duration_since(meta.last_modified.into()).unwrap_or_default();
            names.extend(meta.location.filename().map(|name| (name.to_owned(), age)));
        }
        Ok(names)
    }

    /// Removes an object, if there is one.
    pub(crate) async fn remove(&self, name: &str) -> Result<(), Problem> {
        match self.objects.delete(&self.path(name)).await {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(failure(&self.location, Some(name), &error)),
        }
    }
}

/// What a store has refused, in words that say what to do.
fn failure(location: &str, name: Option<&str>, error: &Error) -> Problem {
    let text = crate::problem::chain(error);
    let what = name.map_or_else(String::new, |name| format!("`{name}` of "));
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let why = if has(&["ExpiredToken", "TokenRefreshRequired", "RequestExpired", "has expired"]) {
        "the credentials have expired\nhint: log in again, or set new variables".to_owned()
    } else if has(&["InvalidAccessKeyId", "SignatureDoesNotMatch", "AccessDenied", "InvalidToken"])
        || matches!(error, Error::PermissionDenied { .. } | Error::Unauthenticated { .. })
    {
        format!("the store refused the credentials{}", hint(location))
    } else if has(&["169.254.169.254", "instance metadata", "Missing", "metadata.google"]) {
        format!("there are no credentials{}", hint(location))
    } else if has(&["NoSuchBucket"]) {
        "there is no such bucket".to_owned()
    } else {
        shortened(&text)
    };
    Problem::Other(format!("failed to reach {what}`{location}`: {why}"))
}

/// The variables that hold credentials.
fn hint(location: &str) -> &'static str {
    match location.split_once("://").map(|(scheme, _)| scheme) {
        Some("s3") => {
            "\nhint: set `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, and `AWS_REGION`; `AWS_SKIP_SIGNATURE=true` \
             reads a public bucket"
        }
        Some("gs") => "\nhint: set `GOOGLE_SERVICE_ACCOUNT`, the path of a service account's key",
        Some("az") => "\nhint: set `AZURE_STORAGE_ACCOUNT_NAME` and `AZURE_STORAGE_ACCOUNT_KEY`",
        _ => "",
    }
}

/// An error of the network may quote whole pages.
fn shortened(text: &str) -> String {
    const MOST: usize = 300;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}
