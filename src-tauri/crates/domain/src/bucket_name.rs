//! Names that a new bucket can have, by the rules of Amazon S3 for general purpose buckets ("General purpose bucket naming
//! rules" of its user guide). Servers that are not Amazon's take no others.
use std::net::Ipv4Addr;

const SHORTEST: usize = 3;
const LONGEST: usize = 63;
/// Beginnings and ends that S3 keeps for itself.
const BEGINS: [&str; 3] = ["xn--", "sthree-", "amzn-s3-demo-"];
const ENDS: [&str; 5] = ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"];

/// Why a name cannot be a bucket's, in words for who types it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BucketNameProblem {
    /// Fewer than three characters.
    #[error("A bucket's name has at least 3 characters.")]
    Short,
    /// More than 63 characters.
    #[error("A bucket's name has at most 63 characters.")]
    Long,
    /// A letter in capitals.
    #[error("Capital letters are not allowed in a bucket's name.")]
    Capital,
    /// Something else than letters, digits, dots and hyphens.
    #[error("Only small letters a to z, digits, dots and hyphens are allowed, not “{0}”.")]
    Character(char),
    /// It begins or ends with a dot or a hyphen.
    #[error("A bucket's name begins and ends with a letter or a digit.")]
    Edge,
    /// Two dots beside each other.
    #[error("Two dots beside each other are not allowed.")]
    Dots,
    /// It looks like an address of the network.
    #[error("A bucket's name must not look like a network address, such as 192.168.5.4.")]
    Address,
    /// It begins with what S3 keeps for itself.
    #[error("Names that begin with {0} are kept by S3 for itself.")]
    Begins(&'static str),
    /// It ends with what S3 keeps for itself.
    #[error("Names that end with {0} are kept by S3 for itself.")]
    Ends(&'static str),
}

/// Checks a name for a new bucket. Whether it is free, only the server knows.
///
/// # Errors
/// The first rule that it breaks, those about what is typed before those about its length.
pub fn check_bucket_name(name: &str) -> Result<(), BucketNameProblem> {
    for c in name.chars() {
        match c {
            'a'..='z' | '0'..='9' | '.' | '-' => {}
            c if c.is_uppercase() => return Err(BucketNameProblem::Capital),
            c => return Err(BucketNameProblem::Character(c)),
        }
    }
    if name.contains("..") {
        return Err(BucketNameProblem::Dots);
    }
    if name.len() < SHORTEST {
        return Err(BucketNameProblem::Short);
    }
    if name.len() > LONGEST {
        return Err(BucketNameProblem::Long);
    }
    if name.starts_with(['.', '-']) || name.ends_with(['.', '-']) {
        return Err(BucketNameProblem::Edge);
    }
    let numbers = name.split('.').collect::<Vec<_>>();
    let address = numbers.len() == 4
        && numbers.iter().all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    if address || name.parse::<Ipv4Addr>().is_ok() {
        return Err(BucketNameProblem::Address);
    }
    if let Some(begin) = BEGINS.into_iter().find(|begin| name.starts_with(begin)) {
        return Err(BucketNameProblem::Begins(begin));
    }
    match ENDS.into_iter().find(|end| name.ends_with(end)) {
        Some(end) => Err(BucketNameProblem::Ends(end)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_s3_takes_are_taken() {
        let longest = "a".repeat(63);
        for name in ["abc", "a1b", "0-9", "my.bucket-2026", "1.2.3", "1.2.3.4.5", "a.b", longest.as_str()] {
            assert_eq!(check_bucket_name(name), Ok(()), "{name}");
        }
    }

    #[test]
    fn every_rule_has_words_of_its_own() {
        use BucketNameProblem as P;
        let long = "a".repeat(64);
        for (name, problem) in [
            ("", P::Short),
            ("ab", P::Short),
            (long.as_str(), P::Long),
            ("Photos", P::Capital),
            ("ÄRGER", P::Capital),
            ("my_bucket", P::Character('_')),
            ("my bucket", P::Character(' ')),
            ("grün", P::Character('ü')),
            ("a/b", P::Character('/')),
            ("-abc", P::Edge),
            ("abc-", P::Edge),
            (".abc", P::Edge),
            ("abc.", P::Edge),
            ("a..b", P::Dots),
            ("192.168.5.4", P::Address),
            ("999.999.999.999", P::Address),
            ("xn--abc", P::Begins("xn--")),
            ("sthree-abc", P::Begins("sthree-")),
            ("amzn-s3-demo-abc", P::Begins("amzn-s3-demo-")),
            ("abc-s3alias", P::Ends("-s3alias")),
            ("abc--ol-s3", P::Ends("--ol-s3")),
            ("abc.mrap", P::Ends(".mrap")),
            ("abc--x-s3", P::Ends("--x-s3")),
            ("abc--table-s3", P::Ends("--table-s3")),
        ] {
            assert_eq!(check_bucket_name(name), Err(problem), "{name}");
            assert!(problem.to_string().ends_with('.'));
        }
    }
}
