//! The profiles of the AWS configuration files. Read, never written; a secret is never kept or returned.
use std::collections::BTreeMap;
use std::path::PathBuf;

/// A profile that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundProfile {
    /// Name.
    pub name: String,
    /// What kind of credentials it has, in words.
    pub kind: String,
    /// Region.
    pub region: Option<String>,
    /// Endpoint URL.
    pub endpoint: Option<String>,
}

fn file(variable: &str, name: &str) -> Option<PathBuf> {
    match std::env::var_os(variable) {
        Some(path) => Some(path.into()),
        None => Some(std::env::home_dir()?.join(".aws").join(name)),
    }
}

/// The profiles of this person's AWS configuration files; none when there are no files.
#[must_use]
pub fn found_profiles() -> Vec<FoundProfile> {
    let read = |variable, name| {
        file(variable, name).and_then(|p| std::fs::read_to_string(p).ok()).unwrap_or_default()
    };
    parse_profiles(&read("AWS_CONFIG_FILE", "config"), &read("AWS_SHARED_CREDENTIALS_FILE", "credentials"))
}

type Sections = BTreeMap<String, BTreeMap<String, String>>;

fn sections(text: &str) -> Sections {
    let mut found = Sections::new();
    let mut current: Option<String> = None;
    for line in text.trim_start_matches('\u{feff}').lines() {
        let bare = line.trim();
        if bare.is_empty() || bare.starts_with(['#', ';']) {
            continue;
        }
        if let Some(rest) = bare.strip_prefix('[') {
            let name = rest.split(']').next().unwrap_or_default();
            let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
            found.entry(name.clone()).or_default();
            current = Some(name);
            continue;
        }
        // An indented line belongs to the value above it (`s3 =` and its own settings).
        if line.starts_with([' ', '\t']) {
            continue;
        }
        if let (Some(section), Some((key, value))) = (&current, bare.split_once('=')) {
            let value =
                value.split(" #").next().unwrap_or_default().split(" ;").next().unwrap_or_default().trim();
            let entry = found.entry(section.clone()).or_default();
            entry.insert(key.trim().to_ascii_lowercase(), value.to_owned());
        }
    }
    found
}

/// Reads the text of both files.
#[must_use]
pub fn parse_profiles(config: &str, credentials: &str) -> Vec<FoundProfile> {
    let mut profiles = Sections::new();
    let mut services = Sections::new();
    for (name, values) in sections(config) {
        if let Some(profile) = name.strip_prefix("profile ") {
            profiles.entry(profile.to_owned()).or_default().extend(values);
        } else if name == "default" {
            profiles.entry(name).or_default().extend(values);
        } else if name.starts_with("services ") {
            services.insert(name, values);
        }
    }
    for (name, values) in sections(credentials) {
        profiles.entry(name).or_default().extend(values);
    }
    profiles
        .into_iter()
        .map(|(name, values)| FoundProfile {
            kind: kind(&values),
            region: values.get("region").filter(|r| !r.is_empty()).cloned(),
            endpoint: values.get("endpoint_url").filter(|e| !e.is_empty()).cloned(),
            name,
        })
        .collect()
}

fn kind(values: &BTreeMap<String, String>) -> String {
    let of = |key: &str| values.get(key).filter(|v| !v.is_empty());
    let role = of("role_arn").map(|arn| arn.rsplit('/').next().unwrap_or(arn).to_owned());
    if of("sso_session").is_some() || of("sso_start_url").is_some() {
        return match of("sso_role_name") {
            Some(role) => format!("Company sign-in, role {role}"),
            None => "Company sign-in".to_owned(),
        };
    }
    if let Some(role) = role {
        return format!("Takes the role {role}");
    }
    if of("credential_process").is_some() {
        return "Credentials from a program".to_owned();
    }
    if let Some(key) = of("aws_access_key_id") {
        let chars: Vec<char> = key.chars().collect();
        let last: String = chars.iter().skip(chars.len().saturating_sub(4)).collect();
        let temporary = if of("aws_session_token").is_some() { "Temporary access key" } else { "Access key" };
        return format!("{temporary} ending {last}");
    }
    "Settings without credentials".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_are_found_and_secrets_are_not() {
        let config = "[default]\nregion = eu-central-1\n# note\n[profile field]\nsso_session = corp\nsso_role_name = FieldUpload\ns3 =\n  max_concurrent_requests = 4\n[profile ceph]\nendpoint_url=https://s3.example.org # ours\n[sso-session corp]\nsso_region = eu-west-1\n";
        let credentials = "[default]\naws_access_key_id = AKIAEXAMPLE7Q4D\naws_secret_access_key = hush/hush=\n[ceph]\naws_access_key_id = ABCDEFGH\naws_secret_access_key = x\n";
        let found = parse_profiles(config, credentials);
        assert_eq!(found.len(), 3);
        assert!(!format!("{found:?}").contains("hush"));
        let by = |name: &str| found.iter().find(|p| p.name == name).unwrap().clone();
        assert_eq!(by("default").kind, "Access key ending 7Q4D");
        assert_eq!(by("default").region.as_deref(), Some("eu-central-1"));
        assert_eq!(by("field").kind, "Company sign-in, role FieldUpload");
        assert_eq!(by("ceph").endpoint.as_deref(), Some("https://s3.example.org"));
    }
}
