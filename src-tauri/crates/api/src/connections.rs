//! Connections: found, tested, kept, and the practice bucket.
use tokio::sync::mpsc;
use windlass_domain::Bucket;
use windlass_ports::{Connection, CredentialSource, Secret, SecretKeep};

use crate::dto::{
    BucketRow, CapabilityReport, ConnectionDraft, ConnectionRow, ConnectionSource, ErrorCode, FoundProfile,
    KeepSecret, SecretPlaces, StepResult,
};
use crate::parts::PRACTICE_START;
use crate::{Api, PRACTICE_ID, UiError, capability_report};

/// The place a person typed as `bucket/prefix`: also as an address `s3://bucket/prefix` or an ARN, as people copy them.
#[must_use]
pub fn start_in(text: &str) -> &str {
    let text = text.trim();
    let without = |start: &str| {
        let (head, rest) = text.split_at_checked(start.len())?;
        head.eq_ignore_ascii_case(start).then_some(rest)
    };
    without("s3://").or_else(|| without("arn:aws:s3:::")).unwrap_or(text).trim_start_matches('/')
}

impl Api {
    pub(crate) async fn found_profiles(&self) -> Result<Vec<FoundProfile>, UiError> {
        Ok(self.connector.found_profiles().await)
    }

    pub(crate) async fn secret_places(&self) -> Result<SecretPlaces, UiError> {
        let keychain = self.secrets.keychain_available().await;
        Ok(SecretPlaces {
            keychain: keychain.is_ok(),
            keychain_problem: keychain.err().map(|e| {
                format!(
                    "{}. Keep the secret for this session, or in a file with a passphrase.",
                    sentence(&e.to_string())
                )
            }),
            passphrase_file: self.secrets.passphrase_file_exists().await,
        })
    }

    pub(crate) async fn connections(&self) -> Result<Vec<ConnectionRow>, UiError> {
        let mut rows = Vec::new();
        for connection in self.catalog.connections().await? {
            rows.push(self.connection_row(connection).await?);
        }
        Ok(rows)
    }

    async fn connection_row(&self, connection: Connection) -> Result<ConnectionRow, UiError> {
        let capabilities = self.catalog.capabilities(&connection.id, "").await?;
        let (source, endpoint) = match connection.source {
            CredentialSource::Profile(_) | CredentialSource::DefaultChain => {
                (ConnectionSource::Profile, connection.endpoint)
            }
            CredentialSource::AccessKey { .. } => (ConnectionSource::AccessKey, connection.endpoint),
            CredentialSource::Practice => (ConnectionSource::Practice, self.connector.practice_endpoint()),
        };
        Ok(ConnectionRow {
            id: connection.id,
            name: connection.name,
            source,
            endpoint: endpoint.unwrap_or_default(),
            region: connection.region.unwrap_or_default(),
            start_in: start_in(&connection.start_in).to_owned(),
            capabilities: capabilities.map(|(found, at)| capability_report(&found, at)),
        })
    }

    pub(crate) async fn connection(&self, id: &str) -> Result<Connection, UiError> {
        self.catalog.connections().await?.into_iter().find(|c| c.id == id).ok_or_else(|| {
            UiError::new(
                ErrorCode::NotFound,
                "There is no such connection any more. It may have been removed. Choose another one.",
            )
        })
    }

    pub(crate) async fn test_connection(
        &self,
        run: String,
        draft: ConnectionDraft,
    ) -> Result<Vec<StepResult>, UiError> {
        check(&draft)?;
        let (send, mut steps) = mpsc::unbounded_channel();
        let forward = async {
            while let Some(step) = steps.recv().await {
                self.hub.step(&run, step);
            }
        };
        let (result, ()) = tokio::join!(self.connector.test(draft, send), forward);
        result
    }

    pub(crate) async fn save_connection(&self, draft: ConnectionDraft) -> Result<ConnectionRow, UiError> {
        check(&draft)?;
        if draft.source == ConnectionSource::Practice {
            return self.start_practice().await;
        }
        let known = self.catalog.connections().await?;
        let endpoint = some(&draft.endpoint);
        let source = match (draft.source, &draft.profile, &draft.access_key) {
            (ConnectionSource::Profile, Some(profile), _) => CredentialSource::Profile(profile.clone()),
            (ConnectionSource::AccessKey, _, Some(access_key)) => {
                CredentialSource::AccessKey { access_key: access_key.trim().to_owned() }
            }
            (ConnectionSource::Profile | ConnectionSource::AccessKey | ConnectionSource::Practice, _, _) => {
                return Err(UiError::bad_request(
                    "The connection names no credentials. Enter them and try again.",
                ));
            }
        };
        // The same credentials at the same place are the same connection: it is corrected, not doubled.
        let same = known.iter().find(|c| c.source == source && c.endpoint == endpoint);
        let id = same.map_or_else(|| format!("c{:016x}", self.entropy.next_u64()), |c| c.id.clone());
        let position = same.map_or(known.len() as i64, |c| c.position);
        if let (CredentialSource::AccessKey { .. }, Some(secret)) = (&source, draft.secret_key) {
            let keep = match draft.keep {
                KeepSecret::Keychain => SecretKeep::Keychain,
                KeepSecret::ThisSession => SecretKeep::ThisSession,
                KeepSecret::PassphraseFile => SecretKeep::PassphraseFile,
            };
            if let (SecretKeep::PassphraseFile, Some(passphrase)) = (keep, draft.passphrase) {
                self.secrets.unlock(Secret::new(passphrase)).await?;
            }
            self.secrets.set(keep, &id, Secret::new(secret)).await?;
        }
        let name = some(&draft.name)
            .or(draft.profile)
            .or_else(|| endpoint.as_deref().map(host))
            .unwrap_or_else(|| "Amazon S3".to_owned());
        let connection = Connection {
            id: id.clone(),
            name,
            source,
            endpoint,
            region: some(&draft.region),
            start_in: start_in(&draft.start_in).to_owned(),
            position,
        };
        self.catalog.save_connection(connection.clone()).await?;
        self.refused.forget_all(&id).await?;
        self.remotes.forget(&id).await;
        self.engine.connection_changed(&id);
        self.hub.connections();
        self.connection_row(connection).await
    }

    pub(crate) async fn remove_connection(&self, id: String) -> Result<(), UiError> {
        self.catalog.remove_connection(&id).await?;
        self.refused.forget_all(&id).await?;
        self.secrets.forget(&id).await?;
        self.remotes.forget(&id).await;
        self.engine.connection_changed(&id);
        self.hub.connections();
        Ok(())
    }

    pub(crate) async fn start_practice(&self) -> Result<ConnectionRow, UiError> {
        self.connector.start_practice().await?;
        let known = self.catalog.connections().await?;
        let connection = match known.iter().find(|c| c.id == PRACTICE_ID) {
            Some(known) => known.clone(),
            None => {
                let connection = Connection {
                    id: PRACTICE_ID.to_owned(),
                    name: "Practice bucket".to_owned(),
                    source: CredentialSource::Practice,
                    endpoint: None,
                    region: None,
                    start_in: PRACTICE_START.to_owned(),
                    position: known.len() as i64,
                };
                self.catalog.save_connection(connection.clone()).await?;
                connection
            }
        };
        self.hub.connections();
        self.connection_row(connection).await
    }

    pub(crate) async fn reset_practice(&self) -> Result<(), UiError> {
        self.connector.reset_practice().await?;
        self.remotes.forget(PRACTICE_ID).await;
        self.engine.connection_changed(PRACTICE_ID);
        self.hub.connections();
        Ok(())
    }

    pub(crate) async fn probe_capabilities(
        &self,
        connection: String,
        bucket: String,
    ) -> Result<CapabilityReport, UiError> {
        let known = self.connection(&connection).await?;
        let prefix = match start_in(&known.start_in).split_once('/') {
            Some((start, prefix)) if start == bucket => prefix.to_owned(),
            Some(_) | None => String::new(),
        };
        let browse = self.remotes.browse(&connection).await?;
        // Not the engine's name: both may be at it at the same time.
        let who = format!("{}-asked", self.journal.device_id().await?);
        let attempt = self.clock.now().0.unsigned_abs();
        let found = browse.probe(&Bucket::new(bucket.as_str()), &prefix, &who, attempt).await?;
        let at = self.clock.now();
        self.catalog.save_capabilities(&connection, &bucket, &found, at).await?;
        self.remotes.forget(&connection).await;
        self.engine.connection_changed(&connection);
        self.hub.connections();
        Ok(capability_report(&found, at))
    }

    pub(crate) async fn buckets(&self, connection: String) -> Result<Vec<BucketRow>, UiError> {
        let known = self.connection(&connection).await?;
        let start = start_in(&known.start_in).split('/').next().unwrap_or_default();
        // Whoever names a bucket may often list no others; the practice bucket has no such secrets.
        if !start.is_empty() && known.source != CredentialSource::Practice {
            return Ok(vec![BucketRow { name: start.to_owned(), created: None }]);
        }
        let browse = self.remotes.browse(&connection).await?;
        let mut rows: Vec<BucketRow> = browse
            .buckets()
            .await?
            .into_iter()
            .map(|b| BucketRow { name: b.name, created: b.created.map(windlass_domain::Timestamp::millis) })
            .collect();
        rows.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(rows)
    }
}

/// A text without its outer spaces, unless nothing is left.
fn some(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn host(endpoint: &str) -> String {
    let rest = endpoint.split_once("://").map_or(endpoint, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest).to_owned()
}

fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
}

fn check(draft: &ConnectionDraft) -> Result<(), UiError> {
    let endpoint = draft.endpoint.trim();
    if !endpoint.is_empty() && !endpoint.starts_with("https://") && !endpoint.starts_with("http://") {
        return Err(UiError::bad_request(
            "The address must begin with https:// (or http:// for a server on your own network). Correct it and try again.",
        ));
    }
    match draft.source {
        ConnectionSource::Profile if draft.profile.as_deref().is_none_or(|p| p.trim().is_empty()) => {
            Err(UiError::bad_request("No profile is chosen. Choose one and try again."))
        }
        ConnectionSource::AccessKey
            if draft.access_key.as_deref().is_none_or(|k| k.trim().is_empty())
                || draft.secret_key.as_deref().is_none_or(str::is_empty) =>
        {
            Err(UiError::bad_request("The access key or its secret is empty. Enter both and try again."))
        }
        ConnectionSource::Profile | ConnectionSource::AccessKey | ConnectionSource::Practice => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::start_in;

    #[test]
    fn a_place_to_start_in_is_taken_as_people_copy_it() {
        for (typed, kept) in [
            ("bucket", "bucket"),
            (" bucket/a b/ ", "bucket/a b/"),
            ("s3://bucket/a/", "bucket/a/"),
            ("S3://bucket", "bucket"),
            ("arn:aws:s3:::bucket/a/", "bucket/a/"),
            ("/bucket/a/", "bucket/a/"),
            ("s3:", "s3:"),
            ("ü", "ü"),
            ("", ""),
        ] {
            assert_eq!(start_in(typed), kept);
        }
    }
}
