// The same for the tests.
#include <criterion/criterion.h>

#include "build/ahead/sources.hpp"
