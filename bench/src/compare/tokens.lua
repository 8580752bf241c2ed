-- wrk script: PATH and FILE of tokens; request i carries token i, in turn.
local requests, at = {}, 0
function init(args)
  for token in io.lines(args[2]) do
    requests[#requests + 1] = wrk.format("GET", args[1], { ["Authorization"] = "Bearer " .. token })
  end
end
function request()
  at = at % #requests + 1
  return requests[at]
end
function done(summary)
  local e = summary.errors
  print(string.format("RESULT %d %d %d", summary.requests, summary.duration, e.status + e.connect + e.read + e.write + e.timeout))
end
