// The programs are one executable, which does what the name asks that it is started under: what they share is
// installed, linked and held in memory once.
#pragma once

namespace tenantd::bin {

// Each takes main()'s arguments and returns its exit status.
int run_tenantctl(int argc, char** argv);
int run_courier(int argc, char** argv);
int run_reporter(int argc, char** argv);
int run_sweeper(int argc, char** argv);

}  // namespace tenantd::bin
