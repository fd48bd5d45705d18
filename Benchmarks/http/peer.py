"""The same point read as Labsync's GET /api/chat/messages/{id}, by FastAPI and asyncpg: token checked, identity set for
the transaction, one row read under Row-Level Security and sent as JSON."""

import os

import asyncpg
import jwt
from fastapi import Depends, FastAPI, HTTPException, Request, Response

QUERY = """
select json_build_object(
    'id', messages.id, 'conversation_id', messages.conversation_id, 'sender_id', messages.sender_id,
    'sender_name', users.full_name, 'content', messages.content, 'media_url', messages.media_url,
    'reply_to', messages.reply_to, 'mentions', case when messages.content like '%@%'
        then labsync.mentions(messages.content, messages.conversation_id) else '{}' end,
    'created_at', labsync.rfc3339(messages.created_at), 'edited_at', labsync.rfc3339(messages.edited_at)
)::text as json
from messages left join users on users.id = messages.sender_id where messages.id = $1::uuid
"""
KEYS = jwt.PyJWKSet.from_json(open(os.environ["PEER_JWKS"]).read())
app = FastAPI()


async def prepare(connection):
    await connection.execute("set role labsync_app")


@app.on_event("startup")
async def start():
    app.state.pool = await asyncpg.create_pool(
        host=os.environ["PEER_SOCKET"], user="labsync", database="labsync", min_size=6, max_size=6, setup=prepare,
    )


def user(request: Request):
    token = request.headers.get("authorization", "")[7:]
    try:
        key = KEYS[jwt.get_unverified_header(token)["kid"]].key
        return jwt.decode(token, key, algorithms=["ES256"], issuer="labsync")["sub"]
    except Exception as error:
        raise HTTPException(401) from error


@app.get("/api/chat/messages/{message}")
async def read(message: str, user: str = Depends(user)):
    async with app.state.pool.acquire() as connection, connection.transaction():
        await connection.execute("select set_config('labsync.user_id', $1, true)", user)
        row = await connection.fetchval(QUERY, message)
    if row is None:
        raise HTTPException(404)
    return Response(row, media_type="application/json")
