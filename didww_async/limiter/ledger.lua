-- ledger.py once more, run by the store in one step. All times in seconds of the store's clock.
-- KEYS: the ledger; who uses it.  ARGV: rate, tag, name, then
--   "reserve", wanted (0: only take the notes), spare, seconds since this client last used a slot, notes (slot, token, ago, ready in, late)...
--   "refuse", seconds of Retry-After or -1, spread, random
-- Answers microseconds: reserve {pause, ask again in} or {pause, (slot, token, at, before)...}; refuse {pause}.

local ON_ITS_WAY, BATCH, MARGIN, BUNCH, HORIZON, NEAR, FIRST_PAUSE, PLATEAU, NEVER = 0.5, 4, 0.001, 2, 1, 0.25, 0.05, 4, -1e9
local rate, tag = tonumber(ARGV[1]), tonumber(ARGV[2])
local size = math.ceil(rate)
local hold = size / rate + MARGIN
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1e6

-- [1] rate [2] due [3] paused until [4] refused at [5] refused pace [6] refused in a row [7] last token,
-- then `size` times each: ready, sent, token
local count = 7 + 3 * size
local format = '<' .. string.rep('d', count)
local ready, sent, token = 7, 7 + size, 7 + 2 * size
local kept = redis.call('GET', KEYS[1])
local l
if kept and #kept == 8 * count then
  l = {struct.unpack(format, kept)}
  l[count + 1] = nil
  if l[1] ~= rate then return redis.error_reply('RATE ' .. l[1]) end
elseif kept and #kept >= 8 then
  return redis.error_reply('RATE ' .. struct.unpack('<d', kept))
else
  -- Tokens begin anywhere, so that a note on a ledger that was lost fits no reservation of this one.
  l = {rate, 0, 0, NEVER, rate, 0, math.floor(now * 1000) % 268435456}
  local since = ARGV[4] == 'reserve' and tonumber(ARGV[7]) or 0
  for i = 1, size do
    l[ready + i] = since < hold + ON_ITS_WAY and now + hold + ON_ITS_WAY - since or 0
    l[sent + i], l[token + i] = NEVER, 0
  end
end

local function pace()
  local rising = math.max(0, now - math.max(l[4], l[3]) - PLATEAU)
  return math.min(rate, l[5] + rate / 400 * rising * rising)
end

local function first_free()
  local slot = 1
  for i = 2, size do
    if l[ready + i] < l[ready + slot] then slot = i end
  end
  return slot
end

local function apply(slot, its_token, ago, ready_in, late)
  if l[token + slot] ~= its_token then
    if late == 0 then return end
    slot = first_free()
  end
  l[ready + slot] = now + ready_in
  if ago < 0 then
    l[sent + slot] = NEVER
    l[2] = l[2] - 1 / pace()
  else
    l[sent + slot], l[token + slot] = now - ago, its_token
  end
end

local function micro(seconds) return math.ceil(seconds * 1e6) end

local function sharers()
  local seen, n = {[tag] = true}, 1
  for i = 1, size do
    local holder = l[token + i] % 16777216
    if l[sent + i] > now - 1 and not seen[holder] then
      seen[holder], n = true, n + 1
    end
  end
  return n
end

local function reserve(wanted, spare)
  local answer = {math.max(0, micro(l[3] - now))}
  -- Several at once only as far as nobody else has to wait for it.
  if wanted > 0 then wanted = math.min(wanted, math.max(1, math.floor(BATCH / sharers()))) end
  local gap = 1 / pace()
  for n = 1, wanted do
    local slot = first_free()
    local at = math.max(now, l[ready + slot], l[2] - (BUNCH * (1 + 2 * spare) - 1) * gap, l[3])
    if at > now + HORIZON and n == 1 then
      answer[2] = micro(at - HORIZON / 2 - now)
      break
    end
    if n > 1 and at > now + NEAR then break end
    l[2] = math.max(l[2], at) + gap
    l[7] = (l[7] + 1) % 268435456
    local its_token = l[7] * 16777216 + tag
    table.insert(answer, slot - 1)
    table.insert(answer, its_token)
    table.insert(answer, micro(at - now))
    table.insert(answer, micro(math.max(l[ready + slot], now - 1) - now))
    l[token + slot], l[sent + slot], l[ready + slot] = its_token, at, at + hold + spare
  end
  return answer
end

local function refuse(retry_after, spread, random)
  if now >= math.max(l[3], l[4] + spread) then
    local quiet = now - math.max(l[3], l[4])
    local last_pause = math.max(0, l[3] - l[4])
    l[6] = quiet < math.max(1, last_pause) and l[6] + 1 or 0
    local slower, room = 0.98 * pace(), 0
    for i = 1, size do
      if now - 1 < l[sent + i] and l[sent + i] <= now then room = room + 1 end
    end
    if quiet < 1 then
      slower = slower * 0.88
    elseif l[6] > 0 or room < 0.85 * rate then
      slower = math.min(slower, room)
    end
    l[5], l[4] = math.max(rate / 20, slower), now
    l[3] = now + FIRST_PAUSE * 2 ^ math.min(l[6], 8) * random
  end
  if retry_after >= 0 then l[3] = math.max(l[3], now + retry_after) end
  return {math.max(0, micro(l[3] - now))}
end

local answer
if ARGV[4] == 'reserve' then
  for i = 8, #ARGV, 5 do
    apply(tonumber(ARGV[i]), tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2]), tonumber(ARGV[i + 3]), tonumber(ARGV[i + 4]))
  end
  answer = reserve(tonumber(ARGV[5]), tonumber(ARGV[6]))
else
  answer = refuse(tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]))
end
local keep = 60000 + answer[1] / 1000
redis.call('SET', KEYS[1], struct.pack(format, unpack(l)), 'PX', math.ceil(keep))
redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
redis.call('PEXPIRE', KEYS[2], 60000)
return answer
