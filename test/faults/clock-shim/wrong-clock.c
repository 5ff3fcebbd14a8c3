/*
 * Loaded before a program (LD_PRELOAD), it gives that one a wall clock of the test's: the time of the
 * machine plus what stands in the file WRONG_CLOCK, eight bytes of milliseconds, read anew at each
 * look. The clock that only goes on is left alone, as it is on a machine whose time is set.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *wrongByMs;

static int64_t wrongBy(void) {
  if (!wrongByMs) {
    const char *path = getenv("WRONG_CLOCK");
    int file = path ? open(path, O_RDONLY) : -1;
    if (file < 0) return 0;
    void *map = mmap(0, sizeof *wrongByMs, PROT_READ, MAP_SHARED, file, 0);
    close(file);
    if (map == MAP_FAILED) return 0;
    wrongByMs = map;
  }
  return *wrongByMs;
}

/* Straight to the kernel: the libc's own would come back here. */
int clock_gettime(clockid_t clock, struct timespec *now) {
  int failed = syscall(SYS_clock_gettime, clock, now);
  if (failed || (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE)) return failed;
  int64_t byMs = wrongBy();
  now->tv_sec += byMs / 1000;
  now->tv_nsec += byMs % 1000 * 1000000;
  if (now->tv_nsec < 0) now->tv_sec -= 1, now->tv_nsec += 1000000000;
  if (now->tv_nsec >= 1000000000) now->tv_sec += 1, now->tv_nsec -= 1000000000;
  return 0;
}

int gettimeofday(struct timeval *now, void *zone) {
  (void)zone;
  struct timespec time;
  int failed = clock_gettime(CLOCK_REALTIME, &time);
  if (!failed && now) now->tv_sec = time.tv_sec, now->tv_usec = time.tv_nsec / 1000;
  return failed;
}

time_t time(time_t *into) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (into) *into = now.tv_sec;
  return now.tv_sec;
}
