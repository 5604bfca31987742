// Ports of 127.0.0.1 for tests and for the servers that they start.
#pragma once

#include <netinet/in.h>

#include <string>

namespace tenantd::test {

// Where `port` of a loopback address is. Port 0 lets the kernel choose one.
sockaddr_in loopback(int port, const std::string& address = "127.0.0.1");

// Binds the socket to a port that the kernel chooses, and returns it.
int bind_to_loopback(int socket, const std::string& address = "127.0.0.1");

// A port on which nobody listens, for a server that wants to be told its port. Another may take it meanwhile.
int free_port();

}  // namespace tenantd::test
