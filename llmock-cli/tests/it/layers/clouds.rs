//! Layers in Google Cloud Storage and Azure. No server of theirs is a crate, so an object store in memory speaks the part
//! of both protocols that layers need, with conditional writes as the providers describe them:
//! <https://cloud.google.com/storage/docs/request-preconditions>
//! <https://learn.microsoft.com/en-us/rest/api/storageservices/specifying-conditional-headers-for-blob-service-operations>

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use llmock_testkit::upstream::{Request, Response, Upstream};
use percent_encoding::percent_decode_str;

use super::Team;
use super::stores::many_writers;

const WRITTEN: &str = "Wed, 01 Jan 2020 00:00:00 GMT";

/// Objects, each with the number of the write that made it.
#[derive(Debug, Default)]
struct Objects {
    all: BTreeMap<String, (u64, Vec<u8>)>,
    writes: u64,
    /// Every request is refused with this status.
    refused: Option<u16>,
}

/// A server with one container `team`.
#[derive(Debug)]
struct Cloud {
    objects: Arc<Mutex<Objects>>,
    upstream: Upstream,
}

impl Cloud {
    fn start() -> Self {
        let objects: Arc<Mutex<Objects>> = Arc::default();
        let shared = Arc::clone(&objects);
        let upstream =
            Upstream::scripted(move |_, request: &Request| shared.lock().unwrap().respond(request));
        Self { objects, upstream }
    }

    /// The variables that lead a client here instead of to Google.
    fn google(&self) -> Vec<(&'static str, String)> {
        let key = format!(
            r#"{{"gcs_base_url":"{}","disable_oauth":true,"client_email":"","private_key":"","private_key_id":""}}"#,
            self.upstream.url()
        );
        vec![("GOOGLE_SERVICE_ACCOUNT_KEY", key), ("GOOGLE_ALLOW_HTTP", "true".to_owned())]
    }

    /// The same for Azure.
    fn azure(&self) -> Vec<(&'static str, String)> {
        vec![
            ("AZURE_STORAGE_USE_EMULATOR", "true".to_owned()),
            ("AZURITE_BLOB_STORAGE_URL", self.upstream.url()),
        ]
    }

    /// How many objects a layer has in a folder.
    fn count(&self, layer: &str, folder: &str) -> usize {
        let (objects, prefix) = (self.objects.lock().unwrap(), format!("{layer}/{folder}/"));
        objects.all.keys().filter(|name| name.starts_with(&prefix)).count()
    }

    fn refuse(&self, status: Option<u16>) {
        self.objects.lock().unwrap().refused = status;
    }
}

impl Objects {
    fn respond(&mut self, request: &Request) -> Response {
        if let Some(status) = self.refused {
            return Response::status(status);
        }
        let query = request.target.split_once('?').map_or("", |(_, query)| query);
        let name = name_of(&request.target);
        if query.contains("list-type=2") || query.contains("comp=list") {
            return self.list(query);
        }
        if query.contains("comp=batch") {
            return self.remove_all(&request.text());
        }
        match request.method.as_str() {
            "PUT" => self.put(name, request),
            "DELETE" => match self.all.remove(&name) {
                Some(_) => Response::status(204),
                None => Response::status(404),
            },
            _ => match self.all.get(&name) {
                Some((write, bytes)) => {
                    described(Response::status(200), *write).body(bytes.clone())
                }
                None => Response::status(404),
            },
        }
    }

    fn put(&mut self, name: String, request: &Request) -> Response {
        let now = self.all.get(&name).map_or(0, |(write, _)| *write);
        let is_met = request.headers.iter().all(|(header, value)| match header.as_str() {
            "x-goog-if-generation-match" | "if-match" => value.trim_matches('"') == now.to_string(),
            "if-none-match" => now == 0,
            _ => true,
        });
        if !is_met {
            return Response::status(412);
        }
        self.writes += 1;
        self.all.insert(name, (self.writes, request.body.clone()));
        described(Response::status(201), self.writes)
    }

    /// Azure removes several objects in one request, whose parts are requests:
    /// <https://learn.microsoft.com/en-us/rest/api/storageservices/blob-batch>
    fn remove_all(&mut self, parts: &str) -> Response {
        let mut answer = String::new();
        let targets =
            parts.lines().filter_map(|line| line.strip_prefix("DELETE ")?.split(' ').next());
        for (at, target) in targets.enumerate() {
            let status = match self.all.remove(&name_of(target)) {
                Some(_) => "202 Accepted",
                None => "404 The specified blob does not exist.",
            };
            let _ = write!(
                answer,
                "--batch\r\nContent-Type: application/http\r\nContent-ID: {at}\r\n\r\nHTTP/1.1 {status}\r\n\
                 x-ms-version: 2018-11-09\r\n\r\n"
            );
        }
        answer += "--batch--\r\n";
        Response::status(202)
            .header("content-type", "multipart/mixed; boundary=batch")
            .body(answer.into_bytes())
    }

    /// Both lists at once: a client reads the elements that it knows.
    fn list(&self, query: &str) -> Response {
        let prefix = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "prefix");
        let prefix = prefix.map(|(_, prefix)| prefix.into_owned()).unwrap_or_default();
        let is_azure = query.contains("comp=list");
        let mut listed = String::new();
        for (name, (write, bytes)) in self.all.iter().filter(|(name, _)| name.starts_with(&prefix))
        {
            let size = bytes.len();
            let _ = if is_azure {
                write!(
                    listed,
                    "<Blob><Name>{name}</Name><Properties><Last-Modified>{WRITTEN}</Last-Modified><Etag>{write}</Etag>\
                     <Content-Length>{size}</Content-Length><Content-Type>x</Content-Type></Properties></Blob>"
                )
            } else {
                write!(
                    listed,
                    "<Contents><Key>{name}</Key><LastModified>2020-01-01T00:00:00Z</LastModified><Size>{size}</Size>\
                     <ETag>{write}</ETag></Contents>"
                )
            };
        }
        let text = if is_azure {
            format!("<EnumerationResults><Blobs>{listed}</Blobs><NextMarker/></EnumerationResults>")
        } else {
            format!("<ListBucketResult>{listed}</ListBucketResult>")
        };
        Response::status(200).header("content-type", "application/xml").body(text.into_bytes())
    }
}

/// The name of an object in the container.
fn name_of(target: &str) -> String {
    let path = target.split('?').next().unwrap_or_default();
    let path = percent_decode_str(path).decode_utf8().unwrap().into_owned();
    let path = path.trim_start_matches('/').trim_start_matches("devstoreaccount1/");
    path.trim_start_matches("team").trim_start_matches('/').to_owned()
}

fn described(response: Response, write: u64) -> Response {
    response
        .header("etag", &format!("\"{write}\""))
        .header("x-goog-generation", &write.to_string())
        .header("last-modified", WRITTEN)
}

#[test]
fn layers_are_shared_in_other_clouds() {
    let cloud = Cloud::start();
    for (layer, variables, hint) in [
        ("gs://team/main", cloud.google(), "set `GOOGLE_SERVICE_ACCOUNT`"),
        ("az://team/other", cloud.azure(), "set `AZURE_STORAGE_ACCOUNT_NAME`"),
    ] {
        let team = || Team::new(variables.clone(), &["fixtures", layer]);
        let (alice, bob) = (team(), team());
        alice.records("chat/a.json", &[("a", "from alice")]);
        assert!(alice.prints(&["push"]).starts_with(&format!("{layer}: 1 added; 1 file, ")));
        assert!(bob.prints(&["pull"]).starts_with(&format!("{layer}: 1 file, 1 fetched, ")));
        assert!(bob.prints(&["list"]).contains("from alice"));
        // Someone else was faster, with another file and with the same one.
        bob.records("b.json", &[("b", "from bob")]);
        assert!(bob.prints(&["push"]).contains(": 1 added; 2 files"), "{layer}");
        bob.records("chat/a.json", &[("a", "changed by bob")]);
        assert!(bob.prints(&["push"]).contains(": 1 changed; 2 files"), "{layer}");
        alice.records("chat/a.json", &[("a", "changed by alice")]);
        let error = alice.fails(&["push"]);
        assert!(error.contains("someone else has changed `chat/a.json`"), "{error}");
        // Refused credentials change nothing, and what was fetched is there.
        let before = bob.prints(&["layers", "--verify"]);
        for status in [401, 403] {
            cloud.refuse(Some(status));
            let error = bob.fails(&["pull"]);
            assert!(
                error.contains("the store refused the credentials") && error.contains(hint),
                "{error}"
            );
            assert_eq!(bob.prints(&["layers", "--verify"]), before);
        }
        cloud.refuse(None);
        // Three old versions, and the file that only they have.
        bob.records("c.json", &[("c", "c")]);
        assert!(bob.prints(&["push", "--keep", "1"]).contains("4 old objects removed"), "{layer}");
        let folder = layer.rsplit('/').next().unwrap();
        assert_eq!((cloud.count(folder, "manifests"), cloud.count(folder, "blobs")), (1, 3));
        assert!(team().prints(&["pull"]).contains(": 3 files, 3 fetched"), "{layer}");
    }
}

#[test]
fn writers_at_the_same_time_lose_nothing_in_other_clouds() {
    let cloud = Cloud::start();
    many_writers("gs://team/main", &cloud.google());
    many_writers("az://team/other", &cloud.azure());
}
