-- What wrk sends. After `--` comes the kind of request:
--   plain                     the same request each time
--   post BODY                 the same, with this body
--   invite PREFIX             an invitation to an address that was never used
--   movement COUNT            brings one piece of the products 1 ... COUNT in turn
--   sign-in COUNT [FILE]      signs in as reader1 ... readerCOUNT in turn; adds the refresh tokens to FILE.<thread>
--   refresh FILE THREADS      exchanges the tokens of FILE (one a line, shared out among the threads); each reply's
--                             token waits at the end of the queue, so that none is ever used twice
--   mixed FILE                the requests of FILE in turn: a line is METHOD, PATH, TOKEN or -, BODY or -, with tabs between
-- Ends with one line that run.sh reads: "result" and numbers, times in microseconds.

local threads = 0
function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

local function post(body)
  return wrk.format("POST", nil, nil, body)
end

local function token_of(body)
  return body:match('"refresh_token":"([^"]+)"')
end

local kinds = {}

function kinds.plain() end

function kinds.post(body)
  wrk.method, wrk.body = "POST", body
end

function kinds.invite(prefix)
  local count = 0
  request = function()
    count = count + 1
    return post('{"email":"' .. prefix .. number .. "-" .. count .. '@example.com","role":"member"}')
  end
end

function kinds.movement(products)
  local at = number * math.floor(products / 2)
  request = function()
    at = at % products + 1
    return post(string.format('{"product_id":"0191d6a8-7c1e-7a52-8007-%012x",' ..
      '"warehouse_id":"0191d6a8-7c1e-7a52-8006-000000000001","type":"in","quantity":1}', at))
  end
end

kinds["sign-in"] = function(accounts, file)
  -- Threads begin at different accounts: more than a few at once on one of them would lock it.
  local at = number * math.floor(accounts / 2)
  request = function()
    at = at % accounts + 1
    return post('{"email":"reader' .. at .. '@example.com","password":"correct horse battery"}')
  end
  if not file then return end
  local out = assert(io.open(file .. "." .. number, "a"))
  out:setvbuf("line")
  response = function(status, _, body)
    if status == 200 then out:write(token_of(body), "\n") end
  end
end

function kinds.refresh(file, count)
  local tokens, first, last, line_number = {}, 1, 0, 0
  for line in io.lines(file) do
    if line_number % count == number then
      last = last + 1
      tokens[last] = line
    end
    line_number = line_number + 1
  end
  request = function()
    local token = assert(tokens[first], "fewer tokens than connections")
    tokens[first] = nil
    first = first + 1
    return post('{"refresh_token":"' .. token .. '"}')
  end
  response = function(status, _, body)
    if status ~= 200 then return end
    last = last + 1
    tokens[last] = token_of(body)
  end
end

-- Each thread begins at another line, and sends them in an order of its own.
function kinds.mixed(file)
  local lines, at = {}, number * 7
  for line in io.lines(file) do
    local method, path, token, body = line:match("^(%S+)\t(%S+)\t(%S+)\t(.+)$")
    local headers = {}
    if token ~= "-" then headers["Authorization"] = "Bearer " .. token end
    if body ~= "-" then headers["Content-Type"] = "application/json" end
    lines[#lines + 1] = wrk.format(method, path, headers, body ~= "-" and body or nil)
  end
  request = function()
    at = at + 1 + number % 2
    return lines[at % #lines + 1]
  end
end

function init(arguments)
  kinds[arguments[1]](arguments[2], arguments[3])
end

function done(summary, latency)
  local e = summary.errors
  io.write(string.format("result %d %d %d %d %d %d\n", summary.requests, summary.duration, latency:percentile(50),
    latency:percentile(99), e.status, e.connect + e.read + e.write + e.timeout))
end
