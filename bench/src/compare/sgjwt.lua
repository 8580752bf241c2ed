-- HS256 JWT check for ngx_lua, all state per worker; no yields inside.
local ffi   = require "ffi"
local cjson = require "cjson.safe"
ffi.cdef[[
typedef struct evp_md_st EVP_MD; typedef struct hmac_ctx_st HMAC_CTX; typedef struct engine_st ENGINE;
const EVP_MD *EVP_sha256(void);
HMAC_CTX *HMAC_CTX_new(void);
int HMAC_Init_ex(HMAC_CTX *ctx, const void *key, int len, const EVP_MD *md, ENGINE *impl);
int HMAC_Update(HMAC_CTX *ctx, const unsigned char *data, size_t len);
int HMAC_Final(HMAC_CTX *ctx, unsigned char *md, unsigned int *len);
int CRYPTO_memcmp(const void *a, const void *b, size_t len);
]]
local C = ffi.C
local SECRET = "{{SECRET}}"
local ctx = C.HMAC_CTX_new()
assert(C.HMAC_Init_ex(ctx, SECRET, #SECRET, C.EVP_sha256(), nil) == 1)   -- key schedule once
local md, mdlen = ffi.new("unsigned char[32]"), ffi.new("unsigned int[1]")
local find, sub, byte, gsub = string.find, string.sub, string.byte, string.gsub
local b64d, now = ngx.decode_base64, ngx.time
local revoked = ngx.shared.revoked
local pad = { [0] = "", [2] = "==", [3] = "=" }
local function b64u(s)
  s = gsub(gsub(s, "-", "+"), "_", "/")
  local p = pad[#s % 4]; if not p then return nil end
  return b64d(s .. p)
end
local function verify(tok)
  local a = find(tok, ".", 1, true);      if not a then return nil end
  local b = find(tok, ".", a + 1, true);  if not b then return nil end
  local sig = b64u(sub(tok, b + 1));      if not sig or #sig ~= 32 then return nil end
  C.HMAC_Init_ex(ctx, nil, 0, nil, nil)                                  -- reset, keep key
  C.HMAC_Update(ctx, tok, b - 1)
  C.HMAC_Final(ctx, md, mdlen)
  if C.CRYPTO_memcmp(md, sig, 32) ~= 0 then return nil end
  local h = cjson.decode(b64u(sub(tok, 1, a - 1)) or "")
  if not h or h.alg ~= "HS256" then return nil end
  local c = cjson.decode(b64u(sub(tok, a + 1, b - 1)) or "")
  if not c or type(c.exp) ~= "number" or type(c.sp) ~= "string" then return nil end
  return c
end
local _M = {}
function _M.check()
  local v = ngx.var
  local tok = v.http_authorization
  if tok and sub(tok, 1, 7) == "Bearer " then tok = sub(tok, 8) else tok = v.arg___token end
  if not tok or tok == "" then return ngx.exit(401) end
  local c = verify(tok)
  if not c or c.exp <= now() then return ngx.exit(403) end
  local sp = c.sp
  if #sp < 10 or byte(sp, #sp) ~= 47 or sub(v.uri, 1, #sp) ~= sp then return ngx.exit(403) end
  if c.probe and v.request_method ~= "HEAD" then return ngx.exit(403) end
  if revoked:get(c.sub) or revoked:get(c.sid or "") then return ngx.exit(403) end
end
return _M
