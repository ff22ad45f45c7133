//! Signing in through the centre's own service (OpenID Connect Core 1.0, code flow).
//!
//! What is checked of an answer: the state that we gave to this browser, the issuer (RFC 9207 where the service names it,
//! and in the token always), the token's signature with the service's published keys, its audience, its dates, the nonce, and
//! the code's own proof (PKCE, RFC 7636) unless it was switched off for a service that does not know it. No token of
//! the service is kept.
use crate::web::{Broken, Web};
use openidconnect::{
    AdditionalClaims, AdditionalProviderMetadata, AsyncHttpClient, AuthenticationFlow, AuthorizationCode, Client,
    ClientId, ClientSecret, CsrfToken, EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet,
    HttpRequest, HttpResponse, IdTokenFields, IssuerUrl, LogoutProviderMetadata, LogoutRequest, Nonce,
    PkceCodeChallenge, PkceCodeVerifier, PostLogoutRedirectUrl, ProviderMetadata, RedirectUrl, Scope,
    StandardErrorResponse, StandardTokenResponse, TokenResponse,
    core::{
        CoreAuthDisplay, CoreAuthPrompt, CoreClaimName, CoreClaimType, CoreClientAuthMethod, CoreErrorResponseType,
        CoreGenderClaim, CoreGrantType, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm,
        CoreJweKeyManagementAlgorithm, CoreJwsSigningAlgorithm, CoreResponseMode, CoreResponseType, CoreRevocableToken,
        CoreRevocationErrorResponse, CoreSubjectIdentifierType, CoreTokenIntrospectionResponse, CoreTokenType,
    },
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use socle_domain::Timestamp;
use socle_texts::{Fault, Result};
use std::{collections::BTreeMap, net::IpAddr, path::PathBuf, pin::Pin};
use zeroize::Zeroizing;

/// How the service is reached, and as whom.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Its issuer: `https://…`; `http://` on this computer alone.
    pub issuer: String,
    /// What it calls us.
    pub client: String,
    /// What we prove ourselves with, where the service gave us something.
    pub secret: Option<crate::vault::Secret>,
    /// Where it sends people back to.
    pub back: String,
    /// What is asked for beside `openid`.
    pub scopes: Vec<String>,
    /// Whether the code carries its own proof.
    pub pkce: bool,
    /// A PEM file of the authorities to believe instead of the system's.
    pub authorities: Option<PathBuf>,
}

/// Where a person is sent, and what is remembered until he comes back.
#[derive(Clone)]
pub struct Sent {
    /// The service's address.
    pub url: String,
    /// What his browser must bring back.
    pub state: String,
    nonce: Zeroizing<String>,
    proof: Option<Zeroizing<String>>,
}

/// What the service says of a person.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    /// Who it is, for ever, as this issuer says it.
    pub subject: String,
    /// All its claims.
    pub claims: BTreeMap<String, Value>,
}

impl Said {
    /// A claim that is a text.
    pub fn text(&self, claim: &str) -> Option<&str> {
        self.claims.get(claim)?.as_str().filter(|t| !t.is_empty())
    }
    /// A claim that is a text or a list of texts.
    pub fn texts(&self, claim: &str) -> Vec<&str> {
        match self.claims.get(claim) {
            Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
            Some(Value::String(one)) => vec![one],
            _ => Vec::new(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Claims(BTreeMap<String, Value>);
impl AdditionalClaims for Claims {}

/// RFC 9207: whether the service names itself when it sends people back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Naming {
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}
impl AdditionalProviderMetadata for Naming {}

type Metadata = ProviderMetadata<
    LogoutProviderMetadata<Naming>,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;
type Fields = IdTokenFields<
    Claims,
    EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;
type Ours = Client<
    Claims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    StandardTokenResponse<Fields, CoreTokenType>,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// How the library asks: through our own client.
impl<'c> AsyncHttpClient<'c> for Web {
    type Error = Broken;
    type Future = Pin<Box<dyn Future<Output = std::result::Result<HttpResponse, Broken>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.ask(request))
    }
}

/// The service, as it described itself. Ask again now and then: its keys change.
pub struct Service {
    settings: Settings,
    web: Web,
    client: Ours,
    names_itself: bool,
    out: Option<String>,
}

impl Service {
    /// Asks the service to describe itself.
    ///
    /// # Errors
    /// `trust-service-address`, `trust-service-silent`.
    pub async fn discover(settings: Settings) -> Result<Service> {
        if !is_safe(&settings.issuer) {
            return Err(Fault::new("trust-service-address").with("url", &settings.issuer));
        }
        let address =
            |e: &dyn std::fmt::Display| Fault::new("trust-service-address").with("url", &settings.issuer).because(e);
        let issuer = IssuerUrl::new(settings.issuer.clone()).map_err(|e| address(&e))?;
        let back = RedirectUrl::new(settings.back.clone()).map_err(|e| address(&e))?;
        let web = Web::new(settings.authorities.as_deref())?;
        let metadata = Metadata::discover_async(issuer, &web).await.map_err(|e| silent(&settings, chain(&e)))?;
        let names_itself =
            metadata.additional_metadata().additional_metadata.authorization_response_iss_parameter_supported;
        let out = metadata.additional_metadata().end_session_endpoint.clone().map(|out| {
            let request = LogoutRequest::from(out).set_client_id(ClientId::new(settings.client.clone()));
            let home = settings.back.find("/sign-in").map(|at| format!("{}/sign-in", &settings.back[..at]));
            match home.and_then(|home| PostLogoutRedirectUrl::new(home).ok()) {
                Some(home) => request.set_post_logout_redirect_uri(home).http_get_url().to_string(),
                None => request.http_get_url().to_string(),
            }
        });
        let secret = match &settings.secret {
            Some(secret) => Some(ClientSecret::new(secret.text()?.trim().to_string())),
            None => None,
        };
        let client = Ours::from_provider_metadata(metadata, ClientId::new(settings.client.clone()), secret)
            .set_redirect_uri(back);
        Ok(Service { settings, web, client, names_itself, out })
    }

    /// Where a person ends his session with the service too, where it has such a place.
    pub fn out(&self) -> Option<&str> {
        self.out.as_deref()
    }

    /// Sends a person to the service. `again`: it must ask who he is even where it knows.
    ///
    /// # Errors
    /// `trust-no-chance`.
    pub fn send(&self, again: bool) -> Result<Sent> {
        let [state, nonce, proof] = [(); 3].map(|()| crate::secret::new_token());
        let (state, nonce, proof) = (state?, Zeroizing::new(nonce?), Zeroizing::new(proof?));
        let (given, once) = (CsrfToken::new(state.clone()), Nonce::new(nonce.to_string()));
        let mut request =
            self.client.authorize_url(AuthenticationFlow::<CoreResponseType>::AuthorizationCode, || given, || once);
        for scope in self.settings.scopes.iter().filter(|s| *s != "openid") {
            request = request.add_scope(Scope::new(scope.clone()));
        }
        if again {
            request = request.add_prompt(CoreAuthPrompt::Login);
        }
        if self.settings.pkce {
            let verifier = PkceCodeVerifier::new(proof.to_string());
            request = request.set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier));
        }
        let (url, ..) = request.url();
        Ok(Sent { url: url.to_string(), state, nonce, proof: self.settings.pkce.then_some(proof) })
    }

    /// What the service says of the person whom it sends back with a code. The caller has matched the state to this
    /// browser before.
    ///
    /// # Errors
    /// `trust-service-other` where another service sent him; `trust-service-refused`; `trust-service-silent`.
    pub async fn came_back(&self, sent: &Sent, code: &str, issuer: Option<&str>, now: Timestamp) -> Result<Said> {
        let named = issuer.is_some_and(|i| i == self.settings.issuer);
        if (issuer.is_some() || self.names_itself) && !named {
            return Err(Fault::new("trust-service-other"));
        }
        let refused = |e: String| Fault::new("trust-service-refused").because(e);
        let mut request =
            self.client.exchange_code(AuthorizationCode::new(code.to_string())).map_err(|e| refused(e.to_string()))?;
        if let Some(proof) = &sent.proof {
            request = request.set_pkce_verifier(PkceCodeVerifier::new(proof.to_string()));
        }
        let answer = request.request_async(&self.web).await.map_err(|e| refused(told(&e)))?;
        let token = answer.id_token().ok_or_else(|| refused("no id token".into()))?;
        let clock = move || chrono::DateTime::from_timestamp(now.as_second(), 0).unwrap_or_default();
        let verifier = self.client.id_token_verifier().set_time_fn(clock);
        let claims = token.claims(&verifier, &Nonce::new(sent.nonce.to_string())).map_err(|e| refused(chain(&e)))?;
        let mut all = claims.additional_claims().0.clone();
        // What the library reads by itself stands beside what it does not know.
        if let Ok(Value::Object(read)) = serde_json::to_value(claims) {
            all.extend(read);
        }
        Ok(Said { subject: claims.subject().to_string(), claims: all })
    }
}

/// HTTPS, or HTTP on this very computer.
pub fn is_safe(url: &str) -> bool {
    let Ok(url) = url::Url::parse(url) else { return false };
    match (url.scheme(), url.host()) {
        ("https", Some(_)) => true,
        ("http", Some(url::Host::Domain(name))) => name == "localhost",
        ("http", Some(url::Host::Ipv4(v4))) => IpAddr::V4(v4).is_loopback(),
        ("http", Some(url::Host::Ipv6(v6))) => IpAddr::V6(v6).is_loopback(),
        _ => false,
    }
}

fn silent(settings: &Settings, why: String) -> Fault {
    Fault::new("trust-service-silent").with("url", &settings.issuer).because(why).may_retry()
}

/// An error and what is behind it.
fn chain(e: &dyn std::error::Error) -> String {
    let mut words = e.to_string();
    let mut next = e.source();
    while let Some(e) = next {
        words = format!("{words}: {e}");
        next = e.source();
    }
    words
}

/// Why a code was not taken; what the service says of it, never what was sent.
fn told<RE: std::error::Error + 'static>(
    e: &openidconnect::RequestTokenError<RE, StandardErrorResponse<CoreErrorResponseType>>,
) -> String {
    match e {
        openidconnect::RequestTokenError::ServerResponse(said) => said.to_string(),
        openidconnect::RequestTokenError::Parse(e, _) => e.to_string(),
        e => chain(e),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_asked_over_tls_or_at_home() {
        for good in ["https://sso.example.org", "http://localhost:3000/x", "http://127.0.0.1:3000", "http://[::1]:3"] {
            assert!(is_safe(good), "{good}");
        }
        for bad in ["http://sso.example.org", "http://10.0.0.1", "http://localhost.example.org", "ftp://localhost", "x"]
        {
            assert!(!is_safe(bad), "{bad}");
        }
    }

    #[test]
    fn claims_are_texts_or_lists_of_them() {
        let claims = serde_json::json!({ "groups": ["a", "b", 3], "one": "c", "n": 1 });
        let Value::Object(claims) = claims else { panic!() };
        let said = Said { subject: "s".into(), claims: claims.into_iter().collect() };
        assert_eq!(said.texts("groups"), ["a", "b"]);
        assert_eq!((said.texts("one"), said.texts("n").len(), said.text("one")), (vec!["c"], 0, Some("c")));
    }
}
