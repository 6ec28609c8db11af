//! Serves the pages on a loopback address, to requests that have the token in their path.
//!
//! A page of another site can make a browser send requests here, also under a name that it lets resolve to 127.0.0.1. So
//! `Host` must be a name of this machine, `Origin` must be this server, and every address has the token. Recordings are
//! text that anyone may have written: the policy lets a page run nothing but the script of the dashboard.

use std::convert::Infallible;
use std::io;
use std::net::TcpListener;
use std::sync::Arc;

use askama::Template;
use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE, HOST, HeaderName, LOCATION, ORIGIN};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use llmock_rules::is_trusted_host;
use subtle::ConstantTimeEq as _;

use super::running;
use super::site::{Address, Reply, Site};

/// A form is shorter.
const LONGEST_FORM: usize = 64 * 1024;

const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The page of a request that must not see anything.
#[derive(Template)]
#[template(path = "refused.html")]
struct RefusedPage {
    title: &'static str,
    text: &'static str,
}

/// Why a request sees nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    Host,
    Origin,
    NoToken,
    WrongToken,
}

impl Refusal {
    fn text(self) -> &'static str {
        match self {
            Self::Host => {
                "The dashboard responds to requests for 127.0.0.1 and localhost. This request names another host."
            }
            Self::Origin => "The dashboard does not respond to requests of other pages.",
            Self::NoToken => {
                "The token is missing. Open the address that `llmock dashboard` has printed: it holds a token."
            }
            Self::WrongToken => {
                "The token in this address is not that of the running dashboard, which makes a new one at each start. \
                 Open the address that `llmock dashboard` has printed."
            }
        }
    }

    fn reply(self) -> Reply {
        let page = RefusedPage { title: "No access", text: self.text() };
        Reply::html(403, page.render().unwrap_or_else(|_| self.text().to_owned()))
    }
}

/// Serves until Ctrl-C.
pub(crate) fn serve(listener: TcpListener, site: Site) -> io::Result<()> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let site = Arc::new(site);
    let done = runtime.block_on(async {
        listener.set_nonblocking(true)?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        tokio::select! {
            () = accept(&listener, &site) => Ok(()),
            stopped = tokio::signal::ctrl_c() => stopped,
        }
    });
    // A page that is being made changes nothing by its end.
    runtime.shutdown_background();
    done
}

async fn accept(listener: &tokio::net::TcpListener, site: &Arc<Site>) {
    loop {
        let Ok((socket, _)) = listener.accept().await else {
            // Out of file descriptors: the only cure is time.
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            continue;
        };
        let site = Arc::clone(site);
        let service = service_fn(move |request| respond(Arc::clone(&site), request));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .serve_connection(TokioIo::new(socket), service);
        // A browser that disconnects is not an error of ours.
        tokio::spawn(async { drop(connection.await) });
    }
}

async fn respond(
    site: Arc<Site>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let is_head = request.method() == Method::HEAD;
    let reply = match page_of(&request, site.token()) {
        Ok(page) => routed(site, request, page).await,
        Err(refusal) => refusal.reply(),
    };
    Ok(response(reply, is_head))
}

/// The page that a request is for, if it may see any.
fn page_of(request: &Request<Incoming>, token: &str) -> Result<String, Refusal> {
    check_source(request.method(), request.headers())?;
    let path = request.uri().path();
    let (sent, page) = path[1.min(path.len())..]
        .split_once('/')
        .unwrap_or_else(|| (path.trim_start_matches('/'), ""));
    if sent.is_empty() || sent == "favicon.ico" {
        return Err(Refusal::NoToken);
    }
    // The time of a comparison must not tell how much of a guess is right.
    if !bool::from(sent.as_bytes().ct_eq(token.as_bytes())) {
        return Err(Refusal::WrongToken);
    }
    Ok(page.to_owned())
}

/// `Host` is a name of this machine, and a page that sends the request is one of ours.
fn check_source(method: &Method, headers: &HeaderMap) -> Result<(), Refusal> {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let mut hosts = headers.get_all(HOST).iter().map(text);
    let host = hosts.next().filter(|host| is_trusted_host(host, &[])).ok_or(Refusal::Host)?;
    if hosts.next().is_some() {
        return Err(Refusal::Host);
    }
    let own = format!("http://{host}");
    let is_foreign = |origin: &HeaderValue| !text(origin).eq_ignore_ascii_case(&own);
    if headers.get_all(ORIGIN).iter().any(is_foreign) {
        return Err(Refusal::Origin);
    }
    let is = |name: &str, values: &[&str]| {
        headers.get(name).is_some_and(|value| values.contains(&&*text(value)))
    };
    // A person may follow the address from a page that shows a terminal.
    let is_followed = method == Method::GET && is("sec-fetch-mode", &["navigate"]);
    if is("sec-fetch-site", &["cross-site", "same-site"]) && !is_followed {
        return Err(Refusal::Origin);
    }
    Ok(())
}

async fn routed(site: Arc<Site>, request: Request<Incoming>, page: String) -> Reply {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    let query = request.uri().query().unwrap_or_default().to_owned();
    if is_read {
        let history = match page.as_str() {
            "live" | "live/rows" => {
                Some(running::history(&site.server, site.server_key.as_deref()).await)
            }
            _ => None,
        };
        return blocking(move || {
            let address = Address { page: &page, query: &query };
            site.get(address, history.as_ref().map(|read| read.as_deref().map_err(Clone::clone)))
        })
        .await;
    }
    if request.method() != Method::POST {
        return Reply {
            kind: "text/plain; charset=utf-8",
            ..Reply::html(405, "GET or POST\n".to_owned())
        };
    }
    match Limited::new(request.into_body(), LONGEST_FORM).collect().await {
        Ok(body) => {
            let body = body.to_bytes();
            blocking(move || site.post(&page, &body)).await
        }
        Err(_) => Reply::html(413, "The form is too long.".to_owned()),
    }
}

/// Reads files without keeping other pages waiting.
async fn blocking(work: impl FnOnce() -> Reply + Send + 'static) -> Reply {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|_| Reply::html(500, "The page could not be made.".to_owned()))
}

fn response(reply: Reply, is_head: bool) -> Response<Full<Bytes>> {
    let body = if is_head { Bytes::new() } else { Bytes::from(reply.body) };
    let mut response = Response::new(Full::new(body));
    *response.status_mut() =
        StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(reply.kind));
    if reply.status == 405 {
        headers.insert(ALLOW, HeaderValue::from_static("GET, HEAD, POST"));
    }
    if let Some(location) = reply.location.and_then(|location| HeaderValue::try_from(location).ok())
    {
        headers.insert(LOCATION, location);
    }
    headers.insert("x-llmock-files-read", HeaderValue::from(reply.reads));
    for (name, value) in [
        ("content-security-policy", POLICY),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        // Not `no-referrer`: with that a form has the origin `null`. No page of another site sees the address.
        ("referrer-policy", "same-origin"),
        ("cache-control", "no-store"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    response
}
