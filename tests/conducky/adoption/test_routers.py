"""Routes whose paths are put together from several files."""

import pytest

from tests.conducky.adoption.sources import SERVER, Repository

EXPRESS = {
    "index.js": "import express from 'express'\nimport routes from './routes/index.js'\nconst app = express()\n"
    "app.use(express.json())\napp.use('/api/v1', routes)\n",
    "routes/index.ts": "import health from './health'\nconst router: Router = express.Router()\n"
    "router.use('/health', health)\nrouter.get('/todos', list)\nexport default router",
    "routes/health.ts": "const router = Router()\nrouter.get('/', ok)\nrouter.get('/ready', ok)",
}


def read(repository: Repository, code: dict[str, str]) -> dict[str, object]:
    """The backend's path of a health check and its paths, as proposed."""
    repository.write({**SERVER, **{f"api/{name}": text for name, text in code.items()}})
    backend = repository.adopt()["backend"]
    return {"healthPath": backend.get("healthPath", "/health"), "paths": backend.get("paths", ["/api/*"])}


@pytest.mark.parametrize(
    ("code", "health", "paths"),
    [
        (EXPRESS, "/api/v1/health", ["/api/*"]),
        (
            {
                "app.js": "const app = express(); app.use(require('./routes')); app.use('/admin', admin)",
                "routes/index.js": "const router = require('express').Router(); router.get('/todos', f);"
                "router.use('/users', require('./users')); router.get('/healthz', f); router.get('/:id', f)",
                "routes/users.js": "const router = express.Router(); router.get('/', f); router.get('/:id', f)",
            },
            "/healthz",
            ["/admin/*", "/todos", "/users", "/users/*"],
        ),
        (
            {
                "app.js": "const { router: users } = require('./users'); const api = express.Router();"
                "api.use('/users', users); app.use('/api', auth(), limit({ max: f(1) }), api)",
                "users.js": "const router = Router(); router.route('/health').get(f); exports.router = router",
            },
            "/api/users/health",
            ["/api/*"],
        ),
        (
            {"index.ts": "const app = new Hono<{ Variables: V }>().basePath('/v1'); app.get('/healthz', f)"},
            "/v1/healthz",
            ["/v1/*"],
        ),
        ({"index.ts": "const app = new Hono().basePath('/v1')\n  .get('/up', f)"}, "/v1/up", ["/v1/*"]),
        (
            {
                "index.ts": "import { todos } from '@/todos'; const app = new Hono(); app.route('/todos', todos)",
                "src/todos.ts": "export const todos = new Hono(); todos.get('/', f); todos.get('/ping', f)",
            },
            "/todos/ping",
            ["/todos", "/todos/*"],
        ),
        (
            {"server.js": "const r = new Router({ prefix: '/rpc/v2' }); r.get('/health', f); app.use(r.routes())"},
            "/rpc/v2/health",
            ["/rpc/*"],
        ),
        (
            {"server.js": "const r = new Router(); r.prefix('/rpc'); r.get('/x', f); koa.use(r.routes())"},
            "/health",
            ["/rpc/*"],
        ),
        (
            {
                "server.js": "const app = Fastify({ a: 1 }); app.register(import('./v1.js'), { prefix: '/v1' })",
                "v1.js": "export default async function (fastify) { fastify.get('/health', f); fastify.get('/a', f) }",
            },
            "/v1/health",
            ["/v1/*"],
        ),
        (
            {
                "a.js": "const b = require('./b'); const router = Router(); router.use('/b', b); router.get('/ping')",
                "b.js": "const a = require('./a'); const router = Router(); router.use('/a', a)",
                "c.js": "const http = axios.create(); http.get('/todos'); client.post('/health', {})",
            },
            "/b/a/ping",
            ["/a/*", "/b/*"],
        ),
        ({"server.js": "app.get('/internal/healthz', f); app.get('/a/b', f)"}, "/internal/healthz", ["/a/*"]),
        ({"server.js": "if (req.url === '/health') ok(); cache.get('/x')"}, "/health", ["/api/*"]),
        ({"server.js": "app.use('/health', health); app.use('/', all); app.get('*', f)"}, "/health", ["/api/*"]),
    ],
)
def test_a_path_is_put_together_from_where_its_router_is_mounted(
    repository: Repository, code: dict[str, str], health: str, paths: list[str]
) -> None:
    found = read(repository, code)
    assert found == {"healthPath": health, "paths": paths}
