-- A number as our scripts write it; what somebody else wrote is none.
local function isNumber(text)
  return text and string.find(text, '^%d+%.?%d*$') ~= nil
end

-- What is found, as code and detail by turns.
local found = {}
local function tell(code, detail)
  found[#found + 1] = code
  found[#found + 1] = detail or ''
end
