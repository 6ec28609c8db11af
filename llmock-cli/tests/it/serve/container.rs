//! The image and the manifest for Kubernetes start a server that responds, as far as that can be seen without
//! a cluster.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::server::{Server, Workdir, chat};
use llmock_testkit::client::Request;
use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The instructions of the last stage of the Dockerfile, in their order.
fn image() -> Vec<(String, String)> {
    let text = fs::read_to_string(root().join("Dockerfile")).unwrap();
    let text = text.replace("\r\n", "\n").replace("\\\n", " ");
    let lines =
        text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let instructions: Vec<(String, String)> = lines
        .map(|line| line.split_once(' ').unwrap())
        .map(|(name, rest)| (name.to_owned(), rest.trim().to_owned()))
        .collect();
    let last = instructions.iter().rposition(|(name, _)| name == "FROM").unwrap();
    instructions[last..].to_vec()
}

fn all<'a>(image: &'a [(String, String)], name: &str) -> Vec<&'a str> {
    image.iter().filter(|(known, _)| known == name).map(|(_, rest)| rest.as_str()).collect()
}

/// The command line of the image without its program, and its variables.
fn command_line() -> (Vec<String>, Vec<(String, String)>) {
    let image = image();
    let mut words: Vec<String> = Vec::new();
    for name in ["ENTRYPOINT", "CMD"] {
        for list in all(&image, name) {
            words.extend(serde_json::from_str::<Vec<String>>(list).unwrap());
        }
    }
    assert!(words[0].ends_with("/llmock") && words[1] == "serve", "{words:?}");
    let variables = all(&image, "ENV").into_iter().map(|pair| {
        let (name, value) = pair.split_once('=').unwrap();
        (name.to_owned(), value.to_owned())
    });
    (words[2..].to_vec(), variables.collect())
}

fn serve(workdir: &Workdir, arguments: &[String], variables: &[(String, String)]) -> Server {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let variables: Vec<(&str, &str)> =
        variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    workdir.serve(&arguments, &variables)
}

/// What everybody tries first.
fn says_hello(origin: &str) {
    let body = r#"{"model":"gpt-4o","messages":[{"role":"user","content":"Hello!"}]}"#;
    let request = Request::post("/v1/chat/completions", body)
        .header("authorization", "Bearer your-secret-api-key");
    let response = request.send(origin);
    assert_eq!(response.status, 200, "{}", response.text());
    let body: Value = serde_json::from_slice(&response.bytes()).unwrap();
    assert_eq!(body["choices"][0]["message"]["content"], "Hello!");
}

#[test]
fn image_command_listens_on_all_interfaces() {
    let (arguments, variables) = command_line();
    let server = serve(&Workdir::new(), &arguments, &variables);
    says_hello(&server.origin);
    // Every address of 127/8 is this machine's on Linux; only a server at all addresses is reached there.
    if cfg!(target_os = "linux") {
        let port = server.origin.rsplit_once(':').unwrap().1;
        assert!(
            TcpStream::connect(format!("127.0.0.2:{port}")).is_ok(),
            "loopback alone is not enough"
        );
    }
}

#[test]
fn image_command_listens_on_the_exposed_port() {
    if let Err(error) = TcpListener::bind(("0.0.0.0", 8000)) {
        eprintln!("SKIPPED: the port of the image: something else listens at 8000: {error}");
        return;
    }
    let (workdir, (arguments, variables)) = (Workdir::new(), command_line());
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let variables: Vec<(&str, &str)> =
        variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let server = Server::started(workdir.command_with_default_port(&arguments, &variables));
    assert!(server.origin.ends_with(":8000"), "{}", server.origin);
    says_hello("http://127.0.0.1:8000");
}

#[test]
fn image_runs_unprivileged_and_exposes_its_port() {
    let image = image();
    assert!(all(&image, "FROM")[0].contains("distroless"), "{image:?}");
    // The number of the image below, and of the manifest: a cluster accepts a user other than root only by number.
    let user = manifest("Deployment")["spec"]["template"]["spec"]["securityContext"]["runAsUser"]
        .as_u64()
        .unwrap();
    assert_ne!(user, 0);
    assert_eq!(all(&image, "USER"), [format!("{user}:{user}")]);
    assert_eq!(all(&image, "EXPOSE"), ["8000"]);
    assert_eq!(all(&image, "RUN"), [""; 0], "there is no shell to run anything");
    // The port is the built-in one: no instruction names another.
    let page = fs::read_to_string(root().join("docs/serve.md")).unwrap();
    assert!(page.contains("Variable `LLMOCK_PORT`, default `8000`."));
}

#[test]
fn image_builds_and_responds() {
    let Some(engine) = engine() else {
        eprintln!(
            "SKIPPED: building the image: neither docker nor podman has a running engine here"
        );
        return;
    };
    let run = |arguments: &[&str]| {
        let ran = Command::new(engine).args(arguments).current_dir(root()).output().unwrap();
        let (out, err) =
            (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
        assert!(ran.status.success(), "{engine} {arguments:?}\n{out}{err}");
        out.trim().to_owned()
    };
    let tag = format!("llmock-test-{}", std::process::id());
    run(&["build", "-t", &tag, "."]);
    let id = run(&["run", "-d", "--rm", "-p", "127.0.0.1::8000", &tag]);
    let container = Container { engine, id, tag };
    let address = run(&["port", &container.id, "8000"]);
    let origin = format!("http://{}", address.lines().next().unwrap());
    crate::server::soon("the server in the container", || {
        TcpStream::connect(origin.strip_prefix("http://").unwrap()).ok()
    });
    says_hello(&origin);
}

fn engine() -> Option<&'static str> {
    let runs = |engine: &&str| {
        let mut info = Command::new(engine);
        info.arg("info").stdout(Stdio::null()).stderr(Stdio::null());
        info.status().is_ok_and(|status| status.success())
    };
    ["docker", "podman"].into_iter().find(runs)
}

/// A container that goes away with its image.
struct Container {
    engine: &'static str,
    id: String,
    tag: String,
}

impl Drop for Container {
    fn drop(&mut self) {
        let _ = Command::new(self.engine).args(["stop", "-t", "5", &self.id]).output();
        let _ = Command::new(self.engine).args(["rmi", "-f", &self.tag]).output();
    }
}

/// The objects of the manifest by their kind.
pub(crate) fn manifest(kind: &str) -> Value {
    let text = fs::read_to_string(root().join("deploy/kubernetes.yaml")).unwrap();
    let documents: Vec<Value> = serde_saphyr::from_multiple(&text).unwrap();
    let mut found = documents.into_iter().filter(|object| object["kind"] == kind);
    let object = found.next().unwrap_or_else(|| panic!("no {kind}"));
    assert!(found.next().is_none(), "a second {kind}");
    object
}

/// The one container of the deployment.
fn container() -> Value {
    let containers = manifest("Deployment")["spec"]["template"]["spec"]["containers"].clone();
    assert_eq!(containers.as_array().unwrap().len(), 1);
    containers[0].clone()
}

#[test]
fn manifest_labels_ports_and_volumes_are_consistent() {
    let (deployment, service, container) =
        (manifest("Deployment"), manifest("Service"), container());
    let pod = &deployment["spec"]["template"];
    assert_eq!(deployment["spec"]["selector"]["matchLabels"], pod["metadata"]["labels"]);
    assert_eq!(service["spec"]["selector"], pod["metadata"]["labels"]);
    assert!(deployment["spec"]["replicas"].as_u64().unwrap() > 1);

    assert_eq!(container["ports"][0]["containerPort"], 8000);
    assert_eq!(service["spec"]["ports"][0]["targetPort"], container["ports"][0]["name"]);
    for probe in ["readinessProbe", "livenessProbe"] {
        assert_eq!(container[probe]["httpGet"]["path"], "/health", "{probe}");
        assert_eq!(container[probe]["httpGet"]["port"], container["ports"][0]["name"], "{probe}");
    }

    let volumes = pod["spec"]["volumes"].as_array().unwrap();
    for mount in container["volumeMounts"].as_array().unwrap() {
        // What is fetched from a store has to be kept somewhere.
        assert_eq!(
            mount["readOnly"].as_bool().unwrap_or_default(),
            mount["name"] != "cache",
            "{mount}"
        );
        assert!(volumes.iter().any(|volume| volume["name"] == mount["name"]), "{mount}");
    }
    assert_eq!(volumes[0]["configMap"]["name"], manifest("ConfigMap")["metadata"]["name"]);
}

#[test]
fn manifest_grants_no_cluster_access() {
    let (deployment, container) = (manifest("Deployment"), container());
    let pod = &deployment["spec"]["template"]["spec"];
    // A service named `llmock` would set LLMOCK_PORT to an address.
    assert_eq!(pod["enableServiceLinks"], false);
    assert_eq!(pod["automountServiceAccountToken"], false);
    assert_eq!(pod["securityContext"]["runAsNonRoot"], true);
    let rights = &container["securityContext"];
    assert_eq!(rights["allowPrivilegeEscalation"], false);
    assert_eq!(rights["readOnlyRootFilesystem"], true);
    assert_eq!(rights["capabilities"]["drop"][0], "ALL");
}

#[test]
fn terminating_pods_finish_open_requests() {
    let (deployment, container) = (manifest("Deployment"), container());
    let grace = deployment["spec"]["template"]["spec"]["terminationGracePeriodSeconds"].as_u64();
    // A command would need a shell, which the image has not.
    let lifecycle = &container["lifecycle"];
    assert!(lifecycle["preStop"]["exec"].is_null(), "{lifecycle}");
    let accepts = lifecycle["preStop"]["sleep"]["seconds"].as_u64().unwrap();
    // The probe tells the service after that many seconds at the latest, and `shutdown-timeout` is 10.
    let probed = container["readinessProbe"]["periodSeconds"].as_u64().unwrap();
    assert!(accepts > probed && grace.unwrap() > accepts + 10, "{accepts} {grace:?}");
}

#[test]
fn service_spreads_clients_over_all_replicas() {
    let service = manifest("Service");
    assert_eq!(service["spec"]["sessionAffinity"], "None");
}

#[test]
fn metrics_scrapes_need_the_key() {
    let pod = manifest("Deployment")["spec"]["template"].clone();
    let annotation = |name: &str| pod["metadata"]["annotations"][name].as_str().unwrap().to_owned();
    let path = annotation("prometheus.io/path");
    assert_eq!(annotation("prometheus.io/port"), "8000");
    let secret = &container()["env"][0];
    assert_eq!(secret["name"], "LLMOCK_API_KEY");
    let server = Workdir::new().serve(&[], &[("LLMOCK_API_KEY", "the-key")]);
    assert_eq!(server.send(&Request::get(&path)).status, 401);
    let scrape = Request::get(&path).header("authorization", "Bearer the-key");
    assert_eq!(server.send(&scrape).status, 200);
    let probe = container()["readinessProbe"]["httpGet"]["path"].as_str().unwrap().to_owned();
    assert_eq!(server.send(&Request::get(&probe)).status, 200);
}

/// Lays files out as the kubelet does: links to a hidden folder, which is swapped as a whole.
#[cfg(unix)]
fn mount(folder: &Path, files: &[(&str, &str)]) {
    use std::os::unix::fs::symlink;
    let hidden = folder.join("..2026_04_23");
    fs::create_dir_all(&hidden).unwrap();
    symlink("..2026_04_23", folder.join("..data")).unwrap();
    for (name, text) in files {
        fs::write(hidden.join(name), text).unwrap();
        symlink(Path::new("..data").join(name), folder.join(name)).unwrap();
    }
}

#[test]
#[cfg(unix)]
fn pod_responds_from_mounted_fixtures_and_rules() {
    let workdir = Workdir::new();
    workdir.fixture("recorded.json", &[("known", "from the volume")]);
    let map = manifest("ConfigMap");
    let configured = map["data"]["llmock.yaml"].as_str().unwrap();
    let fixtures = workdir.path("fixtures");
    mount(&fixtures, &[("recorded.json", &workdir.read("recorded.json"))]);
    // The paths of the pod, in this folder.
    let configured = configured.replace("/fixtures", fixtures.to_str().unwrap());
    mount(&workdir.path("etc/llmock"), &[("llmock.yaml", &configured)]);

    let (mut arguments, variables) = command_line();
    let container = container();
    for word in container["args"].as_array().unwrap() {
        let word = word.as_str().unwrap();
        arguments.push(word.replace("/etc/llmock", workdir.path("etc/llmock").to_str().unwrap()));
    }
    let server = serve(&workdir, &arguments, &variables);
    let probe = container["readinessProbe"]["httpGet"]["path"].as_str().unwrap().to_owned();
    assert_eq!(server.send(&Request::get(&probe)).status, 200);
    assert_eq!(server.send(&chat("known")).text(), r#"{"said":"from the volume"}"#);
    says_hello(&server.origin);
}

#[test]
fn pod_without_fixtures_responds_by_rules() {
    let workdir = Workdir::new();
    fs::create_dir(workdir.path("fixtures")).unwrap();
    let map = manifest("ConfigMap");
    let configured = map["data"]["llmock.yaml"].as_str().unwrap();
    let strategies = configured.lines().find(|line| line.starts_with("strategies:")).unwrap();
    workdir.write("llmock.yaml", strategies);
    let server = workdir.serve(&["--config", "llmock.yaml", "--fixtures", "fixtures"], &[]);
    says_hello(&server.origin);
}
