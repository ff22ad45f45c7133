//! Who stands in a door: how many connections at once, of all and of one address, and who has asked nothing yet when the
//! server stops.
//!
//! A connection costs memory and one of the files that the system allows. So each door has places of its own, and one
//! address never takes more than half of them: whoever opens ten thousand connections keeps neither the other doors nor
//! the other addresses out. The loopback is not counted by address: behind it may stand a proxy with everybody.
//!
//! When the server stops, what is under way may end. A connection on which nobody has asked anything has nothing under
//! way, be it in the middle of a handshake: it is ended at once, for otherwise one browser that opened a connection ahead
//! of its need would hold the server back for all of its patience.
use axum_server::accept::Accept;
use std::{
    collections::HashMap,
    future::Future,
    io,
    net::IpAddr,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    sync::watch,
};
use tower::Service;

/// How often it is said that a door is full.
const SAID_EVERY: Duration = Duration::from_secs(10);

/// The places of one door.
#[derive(Debug)]
struct Places {
    door: &'static str,
    limit: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    of: HashMap<IpAddr, usize>,
    said: Option<Instant>,
}

impl Places {
    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for a connection from there, as long as it lives; none where there is none left.
    fn enter(self: &Arc<Self>, from: IpAddr) -> Option<Place> {
        let from = from.to_canonical();
        let mut taken = self.taken();
        let own = taken.of.get(&from).copied().unwrap_or(0);
        let full = taken.all >= self.limit || (own >= self.limit.div_ceil(2) && !from.is_loopback());
        if full {
            if taken.said.is_none_or(|at| at.elapsed() >= SAID_EVERY) {
                taken.said = Some(Instant::now());
                tracing::warn!(door = self.door, limit = self.limit, of_one = own, "a door is full");
            }
            return None;
        }
        taken.all += 1;
        *taken.of.entry(from).or_insert(0) += 1;
        Some(Place { places: self.clone(), from })
    }
}

/// One place, given back when it is dropped.
#[derive(Debug)]
struct Place {
    places: Arc<Places>,
    from: IpAddr,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        taken.all -= 1;
        if let Some(own) = taken.of.get_mut(&self.from) {
            *own -= 1;
            if *own == 0 {
                taken.of.remove(&self.from);
            }
        }
    }
}

/// How many connections a server may hold in all: what the system allows, as far as it can be raised.
pub(crate) fn connections() -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    const WISHED: u64 = 65_536;
    let limit = getrlimit(Resource::Nofile);
    let wished = WISHED.min(limit.maximum.unwrap_or(WISHED));
    if limit.current.is_some_and(|now| now < wished) {
        // Where it can't be raised it stays as it is.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(wished), maximum: limit.maximum });
    }
    getrlimit(Resource::Nofile).current.unwrap_or(WISHED).min(WISHED) as usize
}

/// Attends to one door, in front of what it would do alone (a TLS handshake).
#[derive(Clone)]
pub(crate) struct Doorkeeper<A> {
    inner: A,
    places: Arc<Places>,
    stop: watch::Receiver<bool>,
}

impl<A> Doorkeeper<A> {
    /// For a door with so many places, until `stop` says true.
    pub fn new(inner: A, door: &'static str, limit: usize, stop: watch::Receiver<bool>) -> Self {
        Doorkeeper { inner, places: Arc::new(Places { door, limit: limit.max(1), taken: Mutex::default() }), stop }
    }
}

impl<A, S> Accept<TcpStream, S> for Doorkeeper<A>
where
    A: Accept<TcpStream, S>,
    A::Future: Send + 'static,
    A::Stream: Send + 'static,
    A::Service: Send + 'static,
{
    type Stream = Attended<A::Stream>;
    type Service = Heard<A::Service>;
    type Future = Pin<Box<dyn Future<Output = io::Result<(Self::Stream, Self::Service)>> + Send>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let place = stream.peer_addr().ok().and_then(|from| self.places.enter(from.ip()));
        let Some(place) = place else {
            return Box::pin(async { Err(io::ErrorKind::ConnectionRefused.into()) });
        };
        let accepting = self.inner.accept(stream, service);
        let stop = self.stop.clone();
        Box::pin(async move {
            let (io, service) = tokio::select! {
                biased;
                () = told(stop.clone()) => return Err(io::ErrorKind::ConnectionAborted.into()),
                accepted = accepting => accepted?,
            };
            let heard = Arc::new(AtomicBool::new(false));
            let stop: Waiting = Some(Box::pin(told(stop)));
            Ok((Attended { io, heard: heard.clone(), stop, _place: place }, Heard { service, heard }))
        })
    }
}

/// Done when the server stops.
async fn told(mut stop: watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

type Waiting = Option<Pin<Box<dyn Future<Output = ()> + Send>>>;

/// A connection with its place. As long as nobody has asked anything on it, it ends when the server stops.
pub(crate) struct Attended<I> {
    io: I,
    heard: Arc<AtomicBool>,
    stop: Waiting,
    _place: Place,
}

impl<I: AsyncRead + Unpin> AsyncRead for Attended<I> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.heard.load(Ordering::Relaxed) {
            self.stop = None;
        } else if self.stop.as_mut().is_some_and(|stop| stop.as_mut().poll(cx).is_ready()) {
            // Nothing more is read: what was not asked by now is not answered any more.
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        Pin::new(&mut self.io).poll_read(cx, buffer)
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for Attended<I> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, bytes)
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, bytes)
    }
    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}

/// Notes that something was asked.
#[derive(Clone)]
pub(crate) struct Heard<S> {
    service: S,
    heard: Arc<AtomicBool>,
}

impl<S: Service<R>, R> Service<R> for Heard<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(cx)
    }
    fn call(&mut self, request: R) -> S::Future {
        self.heard.store(true, Ordering::Relaxed);
        self.service.call(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(n: u8) -> IpAddr {
        IpAddr::from([10, 0, 0, n])
    }

    #[test]
    fn one_address_takes_half_of_a_door_and_all_together_no_more_than_all() {
        let places = Arc::new(Places { door: "test", limit: 10, taken: Mutex::default() });
        let liar: Vec<_> = (0..100).filter_map(|_| places.enter(from(1))).collect();
        assert_eq!(liar.len(), 5);
        assert!(places.enter("::ffff:10.0.0.1".parse().unwrap_or(from(1))).is_none(), "the same, written otherwise");
        let others: Vec<_> = (2..100).filter_map(|n| places.enter(from(n))).collect();
        assert_eq!(others.len(), 5);
        drop(liar);
        assert_eq!(places.taken().of.len(), 5, "an address that has left is forgotten");
        assert!(places.enter(from(1)).is_some(), "a place that was left is free");
    }

    #[test]
    fn a_proxy_on_this_computer_may_bring_everybody() {
        let places = Arc::new(Places { door: "test", limit: 10, taken: Mutex::default() });
        let all: Vec<_> = (0..100).filter_map(|_| places.enter(IpAddr::from([127, 0, 0, 1]))).collect();
        assert_eq!(all.len(), 10);
    }
}
