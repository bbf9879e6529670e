-- Requests for wrk: wrk -s bench/serve.lua URL -- MODE QUERIES [SEED]
--   search   a query of the file at random, each as likely as the others
--   zipf     likewise, the one at rank r in proportion to 1/r
--   suggest  the beginning of a query, cut within its last word
--   file     the element's script
local paths, cumulated, mode

local function encode(text)
  return (text:gsub("[^%w%-_.~]", function(c) return string.format("%%%02X", c:byte()) end))
end

function init(args)
  mode = args[1]
  math.randomseed(tonumber(args[3] or "1"))
  paths = {}
  if mode == "file" then
    paths[1] = "/aq-search.js"
    return
  end
  for query in io.lines(args[2]) do
    if mode == "suggest" then
      local cut = math.random(math.max(1, #query - 4), #query)
      paths[#paths + 1] = "/suggest?q=" .. encode(query:sub(1, cut))
    else
      paths[#paths + 1] = "/search?q=" .. encode(query)
    end
  end
  for i = #paths, 2, -1 do
    local j = math.random(i)
    paths[i], paths[j] = paths[j], paths[i]
  end
  if mode == "zipf" then
    cumulated = {}
    local sum = 0
    for r = 1, #paths do
      sum = sum + 1 / r
      cumulated[r] = sum
    end
  end
end

local function zipf()
  local x = math.random() * cumulated[#cumulated]
  local low, high = 1, #cumulated
  while low < high do
    local middle = math.floor((low + high) / 2)
    if cumulated[middle] < x then low = middle + 1 else high = middle end
  end
  return low
end

function request()
  return wrk.format("GET", paths[mode == "zipf" and zipf() or math.random(#paths)])
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("%d\t%.0f\t%.2f\t%.2f\t%.2f\t%d\n", summary.requests,
    summary.requests / (summary.duration / 1e6), latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    latency.max / 1000, errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
