"""What an engineer would write instead of the portal, were the one read all that is wanted."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

READ = "SELECT siret, idcc, owner, manager FROM branches_establishment WHERE siret = $1"


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    pool_size = int(os.environ.get("DATABASE_POOL_MAX", "8"))  # as many connections as the portal may have
    async with asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=1, max_size=pool_size) as pool:
        app.state.pool = pool
        yield


async def empty(request: Request) -> Response:
    return Response(b"")


async def bare(request: Request) -> JSONResponse:
    row = await request.app.state.pool.fetchrow(READ, request.path_params["siret"])
    key, idcc, owner, manager = row
    return JSONResponse({"siret": f"{key:014d}", "idcc": idcc, "owner": owner, "manager": manager})


app = Starlette(
    routes=[Route("/bench/empty/", empty), Route("/bench/bare/{siret:int}/", bare)], lifespan=lifespan
)
