// The master: listens (or takes systemd's sockets), forks, watches. It opens no database and answers no
// request.
//
// SIGTERM, SIGINT   drain every worker, then exit 0 (a second one: at once)
// SIGHUP            call on_reload, then replace the workers one by one; no request is refused meanwhile
// SIGCHLD           reap; a crashed worker comes back after a backoff (50 ms doubling to 5 s)
//
// A worker has to call worker_ready() once it can serve; systemd hears READY=1 when all have. When the master
// dies, its workers drain.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace tenantd::proc {

struct Lane {
  std::string name;         // "fast", "hash": log lines, metrics, LISTEN_FDNAMES
  std::string socket_path;  // used when systemd passes no socket of that name; empty: the lane has none
  int workers = 1;
  int niceness = 0;  // added to the master's
};

// Runs in a worker with SIGTERM, SIGINT and SIGHUP blocked. `stop_fd` becomes and stays readable when the
// worker shall drain (poll it, do not read it). `listen_fd` is -1 in a lane without a socket. `slot` counts
// workers from 0 over all lanes and is stable across respawns; while a worker is being replaced, the old and
// the new one share it. Returns the exit status: 0 = replace me at once.
using WorkerMain = std::function<int(const Lane& lane, int slot, int listen_fd, int stop_fd)>;

struct SupervisorOptions {
  std::vector<Lane> lanes;
  std::chrono::seconds drain{30};          // afterwards what is left is killed, with five seconds of grace
  std::chrono::seconds ready_timeout{30};  // a worker that is not ready by then is killed
  std::function<void()>
      on_reload;  // in the master, before workers are replaced; may throw: then nothing is replaced
  // For the log. `status`: an exit status, minus a signal's number, or an errno for fork_failed. Events:
  // worker_started, worker_ready, worker_retiring, worker_recycled, worker_drained, worker_crashed,
  // worker_hung, worker_killed, fork_failed, reload_started, reload_done, reload_failed, stopping, stopped;
  // "worker_failed: …" and "reload_refused: …" carry an exception's text (the former comes from the worker
  // itself).
  std::function<void(const std::string& event, int pid, int status)> on_event;
};

// Runs until told to stop. Returns the process's exit status. To be called while the process has one thread.
// Throws std::system_error when a socket cannot be made, and std::runtime_error with one clear sentence when
// another tenantd answers on it.
int supervise(const SupervisorOptions& options, const WorkerMain& worker_main);

// In a worker: tells the master that it serves. Does nothing elsewhere. Safe on any thread.
void worker_ready();

// In a worker that has begun to drain by itself: the master starts the successor now, not when this one is
// gone.
void worker_retiring();

}  // namespace tenantd::proc
