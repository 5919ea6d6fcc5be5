//! Access lists. They are switched off in most buckets, and where they are not, a copy starts with none of its source's.
use aws_sdk_s3::types::{Grant, Grantee, ObjectOwnership, Owner, Permission};
use windlass_domain::{ObjectKey, VersionId};
use windlass_ports::{RemoteError, RemoteErrorKind as Kind};

use crate::S3Store;
use crate::lanes::Grants;

/// Whether the objects of a bucket have access lists of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Acls {
    /// Each object may.
    Kept,
    /// None has, or nobody tells us.
    None,
}

/// Whether a refusal says that there is nothing to be had here for us, now or later.
fn closed(error: &RemoteError) -> bool {
    matches!(error.kind, Kind::Unsupported | Kind::AccessDenied | Kind::BadRequest)
}

impl S3Store {
    /// What has to be granted to a copy so that who may read the source may read it too; nothing where only the owner may.
    /// Where access lists may not be read there are none to keep.
    pub(crate) async fn grants(
        &self,
        key: &ObjectKey,
        version: Option<&VersionId>,
    ) -> Result<Option<Grants>, RemoteError> {
        let acls = self.acls.get_or_try_init(|| self.find_out(key, version)).await?;
        if *acls == Acls::None {
            return Ok(None);
        }
        let out = self
            .client
            .call(self.name(), |c| {
                c.get_object_acl()
                    .bucket(self.name())
                    .key(key.as_str())
                    .set_version_id(version.map(|v| v.as_str().to_owned()))
                    .send()
            })
            .await;
        match out {
            Ok(out) => Ok(words(out.owner(), out.grants())),
            Err(error) if closed(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether objects of this bucket are known to have access lists of their own: where they have none, a copy that brings
    /// one along is refused.
    pub(crate) async fn takes_grants(&self) -> bool {
        let rules = self
            .client
            .call(self.name(), |c| c.get_bucket_ownership_controls().bucket(self.name()).send())
            .await;
        rules.is_ok_and(|rules| {
            let rules = rules.ownership_controls().map(|o| o.rules()).unwrap_or_default();
            rules.iter().all(|r| *r.object_ownership() != ObjectOwnership::BucketOwnerEnforced)
        })
    }

    async fn find_out(&self, key: &ObjectKey, version: Option<&VersionId>) -> Result<Acls, RemoteError> {
        let rules = self
            .client
            .call(self.name(), |c| c.get_bucket_ownership_controls().bucket(self.name()).send())
            .await;
        if let Ok(rules) = &rules {
            let rules = rules.ownership_controls().map(|o| o.rules()).unwrap_or_default();
            let off = |o: &ObjectOwnership| *o == ObjectOwnership::BucketOwnerEnforced;
            return Ok(if rules.iter().any(|r| off(r.object_ownership())) { Acls::None } else { Acls::Kept });
        }
        // No rule, or a server that knows none: the first object shows whether there are lists at all.
        let first = self
            .client
            .call(self.name(), |c| {
                c.get_object_acl()
                    .bucket(self.name())
                    .key(key.as_str())
                    .set_version_id(version.map(|v| v.as_str().to_owned()))
                    .send()
            })
            .await;
        match first {
            Ok(_) => Ok(Acls::Kept),
            Err(error) if closed(&error) => Ok(Acls::None),
            Err(error) => Err(error),
        }
    }
}

/// The owner's full control alone is what every object starts with.
fn words(owner: Option<&Owner>, given: &[Grant]) -> Option<Grants> {
    let owner = owner.and_then(|o| o.id());
    let usual = |grant: &Grant| {
        grant.permission() == Some(&Permission::FullControl)
            && grant.grantee().and_then(|g| g.id()).is_some_and(|id| Some(id) == owner)
    };
    if given.iter().all(usual) {
        return None;
    }
    let mut grants = Grants::default();
    for grant in given {
        let (Some(who), Some(permission)) = (grant.grantee().and_then(name), grant.permission()) else {
            continue;
        };
        let list = match permission.as_str() {
            "FULL_CONTROL" => &mut grants.full_control,
            "READ" => &mut grants.read,
            "READ_ACP" => &mut grants.read_acp,
            "WRITE_ACP" => &mut grants.write_acp,
            _ => continue,
        };
        match list {
            Some(list) => {
                list.push_str(", ");
                list.push_str(&who);
            }
            None => *list = Some(who),
        }
    }
    (grants != Grants::default()).then_some(grants)
}

fn name(who: &Grantee) -> Option<String> {
    let quoted = |kind: &str, name: &str| format!("{kind}=\"{name}\"");
    // A name with a quote in it would become another name.
    let plain = |name: &&str| !name.is_empty() && !name.contains(['"', '\r', '\n']);
    let id = who.id().filter(plain).map(|id| quoted("id", id));
    let uri = who.uri().filter(plain).map(|uri| quoted("uri", uri));
    id.or(uri).or_else(|| who.email_address().filter(plain).map(|mail| quoted("emailAddress", mail)))
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::types::Type;

    use super::*;

    fn grant(who: Grantee, permission: Permission) -> Grant {
        Grant::builder().grantee(who).permission(permission).build()
    }

    fn user(id: &str) -> Grantee {
        Grantee::builder().r#type(Type::CanonicalUser).id(id).build().unwrap()
    }

    #[test]
    fn only_what_is_not_usual_is_granted_again() {
        let owner = Owner::builder().id("me").build();
        let mine = grant(user("me"), Permission::FullControl);
        assert_eq!(words(Some(&owner), std::slice::from_ref(&mine)), None);
        assert_eq!(words(Some(&owner), &[]), None);
        let all = "http://acs.amazonaws.com/groups/global/AllUsers";
        let world = Grantee::builder().r#type(Type::Group).uri(all).build().unwrap();
        let given = [mine, grant(world, Permission::Read), grant(user("you"), Permission::Read)];
        let found = words(Some(&owner), &given).unwrap();
        assert_eq!(found.full_control.as_deref(), Some("id=\"me\""));
        assert_eq!(found.read.unwrap(), format!("uri=\"{all}\", id=\"you\""));
        assert_eq!(words(Some(&owner), &[grant(user("a\", uri=\"b"), Permission::Read)]), None);
    }
}
