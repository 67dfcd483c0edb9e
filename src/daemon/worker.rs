//! What can block is done by one other thread, one task at a time; the loop keeps the queue and the
//! deadline.
//!
//! A task that is past its deadline is given up: its thread is left behind (it ends by itself when
//! it comes back) and a new one takes the rest. The number of threads that are stuck at the same
//! time has a limit; past it every task is given up at once, until one of them comes back.

use std::collections::{BTreeSet, VecDeque};
use std::io::{self, ErrorKind};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use mio::Waker;

use crate::core::Time;

/// How long a task may take.
pub const TASK_DEADLINE: Duration = Duration::from_secs(2);
/// The most threads that may be stuck at a time.
pub const STUCK_THREADS_MAX: usize = 4;
/// The most tasks that may wait.
pub const TASKS_MAX: usize = 4096;
/// Decoding a configuration needs some stack; reading files needs next to none.
const STACK_BYTES: usize = 1 << 20;

/// Something that can be done in a thread.
pub trait Task: Clone + Send + 'static {
    /// What comes out of it.
    type Outcome: Send + 'static;

    /// Its name, for the log.
    fn name(&self) -> String;

    /// What comes out of it when it was given up.
    fn given_up(&self, reason: &str) -> Self::Outcome;
}

/// The thread, and what it has to do.
pub struct Worker<T: Task> {
    perform: Arc<dyn Fn(T) -> T::Outcome + Send + Sync>,
    waker: Arc<Waker>,
    outcomes: mpsc::Receiver<(u64, T::Outcome)>,
    outcomes_sender: mpsc::Sender<(u64, T::Outcome)>,
    thread: Option<mpsc::Sender<(u64, T)>>,
    queue: VecDeque<T>,
    running: Option<Running<T>>,
    stuck: BTreeSet<u64>,
    count: u64,
    /// `next` may have something to say.
    pub ready: bool,
}

struct Running<T> {
    number: u64,
    task: T,
    deadline: Time,
}

/// A task that is over.
#[derive(Debug, PartialEq, Eq)]
pub struct Finished<O> {
    /// What came out of it.
    pub outcome: O,
    /// A sentence for the log, if it was given up.
    pub trouble: Option<String>,
}

impl<T: Task> Worker<T> {
    /// A worker that calls `perform` for each task and wakes the loop after it. Its thread starts
    /// with the first task.
    pub fn new(waker: Arc<Waker>, perform: impl Fn(T) -> T::Outcome + Send + Sync + 'static) -> Worker<T> {
        let (outcomes_sender, outcomes) = mpsc::channel();
        Worker {
            perform: Arc::new(perform),
            waker,
            outcomes,
            outcomes_sender,
            thread: None,
            queue: VecDeque::new(),
            running: None,
            stuck: BTreeSet::new(),
            count: 0,
            ready: false,
        }
    }

    /// Do this after all that was submitted before. `next` gives its outcome.
    pub fn submit(&mut self, now: Time, task: T) {
        self.queue.push_back(task);
        self.ready |= self.queue.len() > TASKS_MAX || self.start(now).is_err();
    }

    /// The next task that is over, if one is. Call until there is none.
    pub fn next(&mut self, now: Time) -> Option<Finished<T::Outcome>> {
        while let Ok((number, outcome)) = self.outcomes.try_recv() {
            if self.running.take_if(|running| running.number == number).is_some() {
                return Some(Finished { outcome, trouble: None });
            }
            self.stuck.remove(&number);
        }
        if let Some(running) = self.running.take_if(|running| running.deadline <= now) {
            self.stuck.insert(running.number);
            self.thread = None;
            let reason = format!("{} took longer than {} s", running.task.name(), TASK_DEADLINE.as_secs());
            let outcome = running.task.given_up(&reason);
            let trouble = format!("{reason}; its thread is left behind ({} stuck)", self.stuck.len());
            return Some(Finished { outcome, trouble: Some(trouble) });
        }
        let reason = match self.start(now) {
            Ok(()) if self.queue.len() <= TASKS_MAX => {
                self.ready = false;
                return None;
            }
            Ok(()) => format!("more than {TASKS_MAX} files wait to be read or written"),
            Err(reason) => reason,
        };
        let task = self.queue.pop_front()?;
        Some(Finished { outcome: task.given_up(&reason), trouble: Some(format!("{}: {reason}", task.name())) })
    }

    /// When `next` has to be called at the latest.
    #[must_use]
    pub fn deadline(&self) -> Option<Time> {
        self.running.as_ref().map(|running| running.deadline)
    }

    /// Give the thread its next task; nothing if it has one, or none waits.
    fn start(&mut self, now: Time) -> Result<(), String> {
        if self.running.is_some() || self.queue.is_empty() {
            return Ok(());
        }
        let thread = match self.thread.take() {
            Some(thread) => thread,
            None if self.stuck.len() >= STUCK_THREADS_MAX => {
                return Err(format!("{STUCK_THREADS_MAX} threads are stuck at files that do not answer"));
            }
            None => self.spawn().map_err(|error| format!("no thread can be started: {error}"))?,
        };
        let Some(task) = self.queue.pop_front() else { return Ok(()) };
        self.count += 1;
        let number = self.count;
        // A thread ends only by a bug in a task; the deadline notices that.
        if thread.send((number, task.clone())).is_ok() {
            self.thread = Some(thread);
        }
        self.running = Some(Running { number, task, deadline: now + TASK_DEADLINE });
        Ok(())
    }

    fn spawn(&self) -> io::Result<mpsc::Sender<(u64, T)>> {
        let (sender, tasks) = mpsc::channel::<(u64, T)>();
        let perform = Arc::clone(&self.perform);
        let outcomes = self.outcomes_sender.clone();
        let waker = Arc::clone(&self.waker);
        std::thread::Builder::new().name("files".into()).stack_size(STACK_BYTES).spawn(move || {
            for (number, task) in tasks {
                let outcome = perform(task);
                if outcomes.send((number, outcome)).is_err() {
                    return;
                }
                // If even this fails, the loop finds the outcome in its next turn, or at the
                // deadline of the task.
                while waker.wake().is_err_and(|error| error.kind() == ErrorKind::Interrupted) {}
            }
        })?;
        Ok(sender)
    }
}

impl<T: Task> std::fmt::Debug for Worker<T> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Worker").field("waiting", &self.queue.len()).field("stuck", &self.stuck.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use mio::{Events, Poll, Token};

    use super::*;

    #[derive(Debug, Clone, PartialEq, Eq)]
    enum Job {
        Echo(u32),
        /// Waits for a word from the test.
        Hang,
    }

    impl Task for Job {
        type Outcome = Result<u32, String>;
        fn name(&self) -> String {
            format!("{self:?}")
        }
        fn given_up(&self, reason: &str) -> Result<u32, String> {
            Err(reason.to_owned())
        }
    }

    struct Rig {
        poll: Poll,
        worker: Worker<Job>,
        release: mpsc::Sender<()>,
        now: Time,
    }

    fn rig() -> Rig {
        let poll = Poll::new().unwrap();
        let waker = Arc::new(Waker::new(poll.registry(), Token(1)).unwrap());
        let (release, released) = mpsc::channel();
        let released = Mutex::new(released);
        let worker = Worker::new(waker, move |job| match job {
            Job::Echo(number) => Ok(number),
            Job::Hang => {
                let _ = released.lock().map(|released| released.recv());
                Ok(0)
            }
        });
        Rig { poll, worker, release, now: Time::from_nanos(1) }
    }

    impl Rig {
        fn wait(&mut self) -> Finished<Result<u32, String>> {
            let mut events = Events::with_capacity(4);
            for _ in 0..100 {
                if let Some(finished) = self.worker.next(self.now) {
                    return finished;
                }
                self.poll.poll(&mut events, Some(Duration::from_secs(5))).unwrap();
                assert!(!events.is_empty(), "nothing came back");
            }
            panic!("woken for nothing, a hundred times");
        }
    }

    #[test]
    fn tasks_come_back_in_order() {
        let mut rig = rig();
        for number in 0..10 {
            rig.worker.submit(rig.now, Job::Echo(number));
        }
        for number in 0..10 {
            assert_eq!(rig.wait(), Finished { outcome: Ok(number), trouble: None });
        }
        assert_eq!(rig.worker.next(rig.now), None);
        assert_eq!(rig.worker.deadline(), None);
    }

    #[test]
    fn a_stuck_task_is_given_up_and_the_rest_goes_on() {
        let mut rig = rig();
        rig.worker.submit(rig.now, Job::Hang);
        rig.worker.submit(rig.now, Job::Echo(1));
        assert_eq!(rig.worker.next(rig.now), None);
        rig.now = rig.worker.deadline().unwrap();
        let finished = rig.worker.next(rig.now).unwrap();
        assert!(finished.outcome.unwrap_err().contains("Hang took longer"));
        assert!(finished.trouble.is_some());
        assert_eq!(rig.wait().outcome, Ok(1));
    }

    #[test]
    fn too_many_stuck_threads_give_up_everything_until_one_comes_back() {
        let mut rig = rig();
        for _ in 0..STUCK_THREADS_MAX {
            rig.worker.submit(rig.now, Job::Hang);
            assert_eq!(rig.worker.next(rig.now), None);
            rig.now = rig.worker.deadline().unwrap();
            assert!(rig.worker.next(rig.now).unwrap().outcome.is_err());
        }
        rig.worker.submit(rig.now, Job::Echo(1));
        assert!(rig.worker.ready);
        assert!(rig.worker.next(rig.now).unwrap().outcome.unwrap_err().contains("stuck"));
        assert_eq!(rig.worker.next(rig.now), None);
        rig.release.send(()).unwrap();
        let mut events = Events::with_capacity(4);
        rig.poll.poll(&mut events, Some(Duration::from_secs(5))).unwrap();
        assert_eq!(rig.worker.next(rig.now), None);
        rig.worker.submit(rig.now, Job::Echo(2));
        assert_eq!(rig.wait().outcome, Ok(2));
    }

    #[test]
    fn the_queue_has_a_limit() {
        let mut rig = rig();
        rig.worker.submit(rig.now, Job::Hang);
        for _ in 0..TASKS_MAX {
            rig.worker.submit(rig.now, Job::Hang);
        }
        assert!(!rig.worker.ready);
        rig.worker.submit(rig.now, Job::Echo(7));
        assert!(rig.worker.ready);
        assert!(rig.worker.next(rig.now).unwrap().outcome.unwrap_err().contains("4096"));
        assert_eq!(rig.worker.next(rig.now), None);
        drop(rig.release);
    }
}
