//! A way to a server on which everything takes its time, or nothing comes through: as over a slow or a cut cable.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

/// Bytes and when they may arrive.
type Underway = (Instant, Vec<u8>);

/// How often a cut link is looked at.
const LOOK: Duration = Duration::from_millis(10);

/// The link; it lives as long as the test program.
#[derive(Debug)]
pub struct Link {
    address: SocketAddr,
    cut: Arc<AtomicBool>,
    passed: Arc<AtomicUsize>,
}

impl Link {
    /// A link to the server on this port of loopback, by which what is asked arrives so much later.
    ///
    /// # Panics
    /// If no port is free.
    pub fn to(port: u16, delay: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("its address");
        let (cut, passed) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let link = Self { address, cut: Arc::clone(&cut), passed: Arc::clone(&passed) };
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(server) = TcpStream::connect(("127.0.0.1", port)) else { continue };
                let (Ok(to_client), Ok(from_server)) = (client.try_clone(), server.try_clone()) else {
                    continue;
                };
                passed.fetch_add(1, Ordering::Relaxed);
                pass(client, server, delay, &cut);
                pass(from_server, to_client, Duration::ZERO, &cut);
            }
        });
        link
    }

    /// Its address, as the setting of a store has it.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many connections have gone this way.
    pub fn passed(&self) -> usize {
        self.passed.load(Ordering::Relaxed)
    }

    /// Nothing comes through any more, and nobody is told; or it does again, what was under way first.
    pub fn cut(&self, cut: bool) {
        self.cut.store(cut, Ordering::Relaxed);
    }
}

/// Carries bytes one way: a thread takes them, another one gives them when it is time.
fn pass(from: TcpStream, to: TcpStream, delay: Duration, cut: &Arc<AtomicBool>) {
    let (sender, receiver) = channel();
    let cut = Arc::clone(cut);
    std::thread::spawn(move || take(from, delay, &sender));
    std::thread::spawn(move || give(to, &receiver, &cut));
}

fn take(mut from: TcpStream, delay: Duration, sender: &Sender<Underway>) {
    let mut buffer = vec![0; 65_536];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        if sender.send((Instant::now() + delay, buffer[..count].to_vec())).is_err() {
            break;
        }
    }
}

fn give(mut to: TcpStream, receiver: &Receiver<Underway>, cut: &AtomicBool) {
    while let Ok((due, bytes)) = receiver.recv() {
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        while cut.load(Ordering::Relaxed) {
            std::thread::sleep(LOOK);
        }
        if to.write_all(&bytes).is_err() {
            break;
        }
    }
    to.shutdown(Shutdown::Both).ok();
}
